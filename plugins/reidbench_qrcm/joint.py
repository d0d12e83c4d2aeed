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

TRAINED_ON = {"full": 11003 + 3102 + 3701, "strict": 17278}
"""Train identities of all three: the sum of the published ones, and what the released code trains
its classifier for."""


class QrCMJoint:
    """Reads each folder as `QrCM` does. Records keep the set that they come from as `dataset`
    (`CUHK-PEDES`, `ICFG-PEDES`, `RSTPReid`), and carry its name before their ids, pids and
    instances, which the sets count from anew.

    A joint test split is nobody's protocol: score the sets one by one, as
    `dict(type='qrcm/distill', datasets=['CUHK-PEDES', ...])`. ICFG-PEDES and RSTPReid are both cut
    from MSMT17 and may share people; `reidbench data check` tells shared files only.

    roots: the folders, one for each set.
    variant, derive, captions, seed: as of `QrCM`.

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
        """What a user should know about the data, after `prepare`."""
        self.card = replace(
            self._parts[0].card,
            description="Photos with captions, infrared and sketch versions of each; several sets "
            "at once.",
            protocols=(),
        )

    def prepare(self, cache: Path, track: Track) -> Sequence[Record]:
        """The indexes, one after the other. Raises DataError with everything that is missing or
        wrong in any of the sets, and when two folders hold the same one."""
        found: list[Record] = []
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
            found += [_of(name, record) for record in records]
        if problems:
            raise DataError(problems[0], problems)
        self.card = replace(self.card, revision=revision.hexdigest()[:12])
        if len(names) == len(SOURCES):
            known = {"train": {"identities": TRAINED_ON[self._variant]}}
            self.card = replace(self.card, counts=known)
        return found


def _of(name: str, record: Record) -> Record:
    return replace(
        record,
        item_id=f"{name}/{record.item_id}",
        dataset=name,
        pid=f"{name}/{record.pid}",
        instance_id=f"{name}/{record.instance_id}",
    )
