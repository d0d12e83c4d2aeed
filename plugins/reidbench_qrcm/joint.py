"""QrCM-ReID as the paper trains on it: several of the three sets at once."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from reidbench_registry import ConfigError, DataError, Record, Track

from .dataset import QrCM
from .skeleton import write
from .sources import SOURCES

TRAIN_IDENTITIES = {"full": 11003 + 3102 + 3701, "strict": 17278}
"""Of all three sets: the sum of the published numbers, and the number of classes in the released
code"""


class QrCMJoint:
    """Reads each folder as `QrCM` does. The `dataset` of a record is the set that it comes from
    (`CUHK-PEDES`, `ICFG-PEDES`, `RSTPReid`). The name of the set is put before item ids, pids and
    instances, because each set numbers its own from the start.

    No paper evaluates on a joint test split: score each set by itself, with
    `dict(type='qrcm/distill', datasets=['CUHK-PEDES', ...])`. ICFG-PEDES and RSTPReid both come
    from MSMT17 and may have people in common; `reidbench data check` finds equal files only.

    roots: the folders, one for each set.
    variant, derive, captions, seed: as for `QrCM`.

    Raises ConfigError for a wrong argument."""

    @classmethod
    def conformance(cls, folder: Path) -> dict[str, list[str]]:
        """Arguments for the conformance kit: a few people of each set."""
        for name, source in SOURCES.items():
            write(folder / name, source)
        return {"roots": [str(folder / name) for name in SOURCES]}

    def __init__(
        self,
        roots: Sequence[str | Path],
        variant: str = "full",
        derive: bool = True,
        captions: int | None = None,
        seed: int = 0,
    ) -> None:
        if isinstance(roots, str) or not isinstance(roots, Sequence) or not roots:
            raise ConfigError(f"QrCM-joint: roots={roots!r} is not a list of folders")
        self._variant = variant
        self._parts = [QrCM(root, None, variant, derive, captions, seed) for root in roots]
        self.notes: list[str] = []
        """Set by `prepare`"""
        self.card = replace(
            self._parts[0].card,
            description="Photos with captions, infrared and sketch versions of each; several sets "
            "at once.",
            protocols=(),
        )

    def prepare(self, cache: Path, track: Track) -> Sequence[Record]:
        """The indexes of the sets, joined. Raises DataError naming everything that is missing or
        wrong in any of them, and two folders with the same set."""
        joined: list[Record] = []
        problems: list[str] = []
        revision = hashlib.sha256()
        names: list[str] = []
        self.notes = []
        for number, part in enumerate(self._parts):
            try:
                records = part.prepare(cache / str(number), track)
            except DataError as error:
                problems += error.problems
                continue
            assert part.source is not None
            name = part.source.name
            if name in names:
                problems.append(f"{name} is in two of the roots")
            names.append(name)
            self.notes += [f"{name}: {note}" for note in part.notes]
            revision.update(f"{name} {part.card.revision}\n".encode())
            joined += [_of(name, record) for record in records]
        if problems:
            raise DataError(problems[0], problems)
        self.card = replace(self.card, revision=revision.hexdigest()[:12])
        if len(names) == len(SOURCES):
            known = {"train": {"identities": TRAIN_IDENTITIES[self._variant]}}
            self.card = replace(self.card, counts=known)
        return joined


def _of(name: str, record: Record) -> Record:
    return replace(
        record,
        item_id=f"{name}/{record.item_id}",
        dataset=name,
        pid=f"{name}/{record.pid}",
        instance_id=f"{name}/{record.instance_id}",
    )
