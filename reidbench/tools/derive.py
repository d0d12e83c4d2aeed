"""Pictures made from photos by operators, such as infrared versions.

A picture depends on the operator, the seed and a name alone: not on what else is made, nor on the
order or the number of processes. A marker file in each folder says how its pictures were made.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from reidbench_registry import ConfigError, DataError, Track, Transform

from .files import whole_file, write_json
from .guarded import MissingFileError, read_json
from .images import open_image
from .terminal import quoted
from .workers import process_pool

MARKER = "derived.json"
_SAVE: dict[str, dict[str, Any]] = {"png": {"compress_level": 1}, "jpeg": {"quality": 95}}
"""Format of the pictures -> arguments of Pillow's `save`"""
BATCH = 16
"""Photos that a process gets at a time"""


class Target(NamedTuple):
    """A picture to be made."""

    path: Path
    rng_name: str
    """decides, with the seed, the random numbers of the operator"""


class Job(NamedTuple):
    """A photo and what is to be made from it."""

    photo: Path
    targets: dict[str, Target]
    """name of the operator -> target"""


def claim(folders: Mapping[Path, Mapping[str, Any]], replace: bool = False) -> None:
    """Mark each folder with how its pictures are made (plain JSON values): all or none.

    replace: remove a folder whose pictures were made in another way, instead of raising.

    Raises DataError for a folder with another marker, or with files and no marker."""
    changed = {folder: how for folder, how in folders.items() if not _is_made(folder, how, replace)}
    for folder, how in changed.items():
        if replace:
            shutil.rmtree(folder, ignore_errors=True)
        write_json(folder / MARKER, dict(how))


def derive_pictures(
    jobs: Sequence[Job],
    operators: Mapping[str, Callable[[], Transform]],
    seed: int,
    track: Track,
    description: str = "deriving",
    form: str = "png",
    processes: int = 1,
) -> None:
    """Make the targets of all jobs.

    operators: name -> what builds the operator. Each process builds its own, so the builder must
        survive pickling (a class, a bound method of a plain object), the operator need not.
    form: `png` or `jpeg`.

    Raises DataError naming all photos that cannot be read, after everything else was made;
    ConfigError for an operator that returns no picture."""
    unreadable: list[str] = []

    def pictures() -> Iterator[None]:
        for job, problem in _results(jobs, operators, seed, form, processes):
            if problem:
                unreadable.append(problem)
            yield from (None for _ in job.targets)

    if jobs:
        for _ in track(pictures(), description, sum(len(job.targets) for job in jobs)):
            pass
    if unreadable:
        others = len(unreadable) - 1
        more = f" (and {others} more photo{'s' if others > 1 else ''})" if others else ""
        raise DataError(f"{unreadable[0]}{more}", unreadable)


def _is_made(folder: Path, how: Mapping[str, Any], replace: bool) -> bool:
    """Whether the marker says `how`; False for no marker, and with `replace` for another one."""
    marker = folder / MARKER
    try:
        marked = read_json(marker)
    except MissingFileError:
        if not replace and folder.is_dir() and any(folder.iterdir()):
            raise DataError(
                f"{folder} holds files, but no {MARKER}: choose another folder"
            ) from None
        return False
    except DataError:
        if replace:
            return False
        raise
    if marked == how or replace:
        return marked == how
    other = marked if isinstance(marked, dict) else {}
    differ = [
        f"{k} {quoted(other.get(k))}, now {quoted(v)}" for k, v in how.items() if other.get(k) != v
    ]
    raise DataError(
        f"{folder} was made in another way ({'; '.join(differ)}): choose another folder, or "
        "remove it"
    )


def _results(
    jobs: Sequence[Job],
    operators: Mapping[str, Callable[[], Transform]],
    seed: int,
    form: str,
    processes: int,
) -> Iterator[tuple[Job, str | None]]:
    """Each job, done, with the reason when its photo cannot be read."""
    if processes == 1 or len(jobs) <= BATCH:
        built = {name: build() for name, build in operators.items()}
        yield from ((job, _make(job, built, seed, form)) for job in jobs)
        return
    with process_pool(processes, _start, (dict(operators), seed, form)) as pool:
        yield from zip(jobs, pool.map(_make_here, jobs, chunksize=BATCH), strict=True)


_of_this_process: tuple[dict[str, Transform], int, str]


def _start(operators: dict[str, Callable[[], Transform]], seed: int, form: str) -> None:
    global _of_this_process
    _of_this_process = {name: build() for name, build in operators.items()}, seed, form


def _make_here(job: Job) -> str | None:
    return _make(job, *_of_this_process)


def _make(job: Job, operators: Mapping[str, Transform], seed: int, form: str) -> str | None:
    """Write a job's targets; the reason when its photo cannot be read."""
    try:
        photo = open_image(job.photo)
    except DataError as error:
        return str(error)
    for name, target in job.targets.items():
        digest = hashlib.sha256(target.rng_name.encode()).digest()[:8]
        rng = np.random.default_rng([seed, int.from_bytes(digest)])
        picture = operators[name](photo, "rgb", rng)
        if not isinstance(picture, Image.Image):
            raise ConfigError(f"the operator for {name} returns no picture")
        with whole_file(target.path) as part:
            picture.save(part, **_SAVE[form])
    return None
