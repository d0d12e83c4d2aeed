"""Infrared, sketch or other versions of photos, made by operators and listed in a manifest."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from reidbench_registry import (
    ConfigError,
    DataError,
    Entry,
    Record,
    ReidbenchError,
    Track,
    Transform,
)

from ..tools.files import whole_file, write_json
from ..tools.images import open_image
from .report import number

MARKER = "derived.json"
SUFFIX = {"png": ".png", "jpeg": ".jpg"}
SAVE: dict[str, dict[str, Any]] = {"png": {"compress_level": 1}, "jpeg": {"quality": 95}}
BATCH = 16
"""Pictures that a process is handed at once."""


@dataclass(frozen=True)
class Operator:
    """A transform that makes `modality` from photos."""

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
    """the originals, and behind them what was made"""
    notes: list[str]


class _Job(NamedTuple):
    source: Path
    below: str
    """the source's place among the photos, by which its chance is drawn"""
    targets: dict[str, Path]
    """modality -> file to be made"""


def derive(
    records: Sequence[Record],
    operators: Sequence[Operator],
    out: Path,
    seed: int,
    form: str,
    jobs: int,
    track: Track,
) -> Derived:
    """Make what is missing of `out/<modality>/<place of the photo>.<suffix>`, for every photo that
    has no version of the modality in `records`.

    A version shares its photo's instance (the photo's item id where it has none), split, identity
    and cameras, and says who made it: `generated`, and seed and version in `extras.derived`, which
    enter the fingerprint. Chance depends on seed, modality and the photo's place alone.

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
    built = {o.modality: o.build() for o in operators}  # wrong arguments: before any file
    made_by = {o.modality: _made_by(o, seed, form) for o in operators}
    for modality, how in made_by.items():
        _check_claim(out / modality, how)
    for modality, how in made_by.items():
        write_json(out / modality / MARKER, how)

    places = _places([_plain(Path(r.path)) for r in photos if r.path is not None])
    work: dict[Path, _Job] = {}
    made: list[Record] = []
    notes = []
    for o in operators:
        present = {(r.instance_id, r.pid) for r in records if r.modality == o.modality}
        lacking = [r for r in photos if (r.instance_id, r.pid) not in present]
        for r in lacking:
            source = _plain(Path(r.path or ""))
            target = out / o.modality / f"{places[source]}{SUFFIX[form]}"
            if not target.is_file():
                job = work.setdefault(source, _Job(source, places[source], {}))
                job.targets[o.modality] = target
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
        words = f"{o.modality}: {number(len(lacking), 'item')} by {o.entry.name}"
        if len(lacking) > todo:
            words += f", {len(lacking) - todo:,} were there"
        if len(photos) > len(lacking):
            words += f"; {number(len(photos) - len(lacking), 'photo')} had one"
        notes.append(words)
    taken = {r.item_id for r in records}
    twice = [r.item_id for r in made if r.item_id in taken]
    if twice:
        raise DataError(f"item id {twice[0]!r} is taken; a derived item would have it")
    _make(list(work.values()), operators, built, seed, form, jobs, track)
    return Derived([*records, *made], notes)


def _made_by(operator: Operator, seed: int, form: str) -> dict[str, Any]:
    return {
        "operator": operator.entry.qualified,
        "arguments": operator.arguments,
        "version": getattr(operator.entry.load(), "version", None),
        "seed": seed,
        "format": form,
    }


def _check_claim(folder: Path, how: dict[str, Any]) -> None:
    """Raises DataError unless what lies in `folder` was made in this way, or nothing lies there."""
    marker = folder / MARKER
    try:
        before = json.loads(marker.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if folder.is_dir() and any(folder.iterdir()):
            raise DataError(
                f"{folder} holds files, but no {MARKER}: choose another --out"
            ) from None
        return
    except (OSError, ValueError) as error:
        raise DataError(f"{marker}: {error}") from None
    if before != how:
        other = before if isinstance(before, dict) else {}
        differ = [f"{k} {other.get(k)!r}, now {v!r}" for k, v in how.items() if other.get(k) != v]
        raise DataError(
            f"{folder} was made in another way ({'; '.join(differ)}): choose another --out, or "
            "remove it"
        )


def _plain(path: Path) -> Path:
    """Absolute, without `..`. Links stay: what one is called decides its place, not where the
    bytes are kept."""
    return Path(os.path.normpath(path.absolute()))


def _places(sources: Sequence[Path]) -> dict[Path, str]:
    """Each source's path below the deepest folder that holds them all."""
    base = os.path.commonpath([str(s.parent) for s in sources])
    return {s: s.relative_to(base).as_posix() for s in sources}


def _make(
    work: list[_Job],
    operators: Sequence[Operator],
    built: dict[str, Transform],
    seed: int,
    form: str,
    jobs: int,
    track: Track,
) -> None:
    unreadable: list[str] = []

    def results() -> Iterator[tuple[_Job, str | None]]:
        if jobs == 1 or len(work) <= BATCH:
            yield from ((job, _do(job, built, seed, form)) for job in work)
            return
        # Not by fork: this process has threads, which a copy of it would lack.
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(
            jobs, context, initializer=_start, initargs=(tuple(operators), seed, form)
        ) as pool:
            try:
                yield from zip(work, pool.map(_do_here, work, chunksize=BATCH), strict=True)
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def pictures() -> Iterator[None]:
        for job, wrong in results():
            if wrong:
                unreadable.append(wrong)
            yield from (None for _ in job.targets)

    if work:
        for _ in track(pictures(), "deriving", sum(len(job.targets) for job in work)):
            pass
    if unreadable:
        more = f" (and {number(len(unreadable) - 1, 'more photo')})" if unreadable[1:] else ""
        raise DataError(f"{unreadable[0]}{more}", unreadable)


_here: tuple[dict[str, Transform], int, str]


def _start(operators: Sequence[Operator], seed: int, form: str) -> None:
    """A process builds its own operators: a plugin's object need not survive the way there."""
    global _here
    # Ctrl-C reaches the whole group; the first process ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _here = {o.modality: o.build() for o in operators}, seed, form


def _do_here(job: _Job) -> str | None:
    return _do(job, *_here)


def _do(job: _Job, operators: dict[str, Transform], seed: int, form: str) -> str | None:
    """Write the versions of one photo; the reason when it cannot be read."""
    try:
        photo = open_image(job.source)
    except DataError as error:
        return str(error)
    for modality, target in job.targets.items():
        name = hashlib.sha256(f"{modality}\0{job.below}".encode()).digest()[:8]
        rng = np.random.default_rng([seed, int.from_bytes(name)])
        picture = operators[modality](photo, "rgb", rng)
        if not isinstance(picture, Image.Image):
            raise ConfigError(f"the operator for {modality} gives no picture")
        with whole_file(target) as part:
            picture.save(part, **SAVE[form])
    return None
