"""Infrared, sketch or other versions of photos, made by operators and listed in a manifest."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from reidbench_registry import (
    ConfigError,
    DataError,
    Entry,
    Record,
    ReidbenchError,
    Track,
    Transform,
)

from ..tools.derive import Job, Target, claim, derive_pictures
from .report import number

SUFFIX = {"png": ".png", "jpeg": ".jpg"}


@dataclass(frozen=True)
class Operator:
    """A transform entry that makes pictures of `modality` from photos."""

    modality: str
    entry: Entry
    arguments: dict[str, Any]

    def build(self) -> Transform:
        """Raises ConfigError for wrong arguments."""
        try:
            return self.entry.load()(**self.arguments)
        except ReidbenchError:
            raise
        except ValueError as error:
            raise ConfigError(f"transform {self.entry.name!r}: {error}") from error


class Derived(NamedTuple):
    records: list[Record]
    """the originals, then the derived ones"""
    notes: list[str]


def derive(
    records: Sequence[Record],
    operators: Sequence[Operator],
    out: Path,
    seed: int,
    form: str,
    jobs: int,
    track: Track,
) -> Derived:
    """For every photo without a version of an operator's modality in `records`, make what is
    missing of `out/<modality>/<path of the photo>.<suffix>`; paths are relative to the deepest
    folder that contains all photos.

    A version shares its photo's instance (the photo's item id where it has none), split, identity
    and cameras. `generated` says which operator made it, `extras.derived` with which seed and
    version; both enter the fingerprint. Random numbers depend on seed, modality and path alone.

    form: `png` or `jpeg`. jobs: number of processes.

    Raises DataError naming all photos that cannot be read, after everything else was made, and
    pictures in `out` that were made in another way."""
    records = [
        replace(r, instance_id=r.item_id) if r.modality == "rgb" and r.instance_id is None else r
        for r in records
    ]
    photos = [r for r in records if r.modality == "rgb"]
    pathless = [r.item_id for r in photos if r.path is None]
    if not photos or pathless:
        which = f"{len(pathless)} photos without a path, first {pathless[0]!r}" if pathless else ""
        raise DataError(f"nothing to derive from: {which or 'no item of modality rgb'}")
    for o in operators:
        o.build()  # a wrong argument is reported before any file is written
    made_by = {o.modality: _made_by(o, seed, form) for o in operators}
    claim({out / modality: how for modality, how in made_by.items()})

    below = _relative([_absolute(Path(r.path)) for r in photos if r.path is not None])
    work: dict[Path, Job] = {}
    made: list[Record] = []
    notes = []
    for o in operators:
        present = {(r.instance_id, r.pid) for r in records if r.modality == o.modality}
        missing = [r for r in photos if (r.instance_id, r.pid) not in present]
        for r in missing:
            photo = _absolute(Path(r.path or ""))
            target = out / o.modality / f"{below[photo]}{SUFFIX[form]}"
            if not target.is_file():
                job = work.setdefault(photo, Job(photo, {}))
                job.targets[o.modality] = Target(target, f"{o.modality}\0{below[photo]}")
            made.append(
                replace(
                    r,
                    item_id=f"{r.item_id}#{o.modality}",
                    modality=o.modality,
                    path=target,
                    generated=o.entry.name,
                    extras={**r.extras, "derived": made_by[o.modality]},
                )
            )
        todo = sum(o.modality in job.targets for job in work.values())
        note = f"{o.modality}: {number(len(missing), 'item')} by {o.entry.name}"
        if len(missing) > todo:
            note += f", {len(missing) - todo:,} were there"
        if len(photos) > len(missing):
            note += f"; {number(len(photos) - len(missing), 'photo')} had one"
        notes.append(note)
    taken = {r.item_id for r in records}
    twice = [r.item_id for r in made if r.item_id in taken]
    if twice:
        raise DataError(f"item id {twice[0]!r} is taken; a derived item would have it")
    builders = {o.modality: o.build for o in operators}
    derive_pictures(list(work.values()), builders, seed, track, form=form, processes=jobs)
    return Derived([*records, *made], notes)


def _made_by(operator: Operator, seed: int, form: str) -> dict[str, Any]:
    return {
        "operator": operator.entry.qualified,
        "arguments": operator.arguments,
        "version": getattr(operator.entry.load(), "version", None),
        "seed": seed,
        "format": form,
    }


def _absolute(path: Path) -> Path:
    """Absolute, without `..`. Links are not resolved: the name of a link decides, not the place of
    its target."""
    return Path(os.path.normpath(path.absolute()))


def _relative(paths: Sequence[Path]) -> dict[Path, str]:
    """Each path, relative to the deepest folder that contains them all."""
    base = os.path.commonpath([str(p.parent) for p in paths])
    return {p: p.relative_to(base).as_posix() for p in paths}
