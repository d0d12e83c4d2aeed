"""Submissions examined one after the other; what holds becomes a result."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from reidbench_registry import DataError, ReidbenchError

from ..results.differences import differences
from ..tools.guarded import is_file
from ..tools.terminal import safe
from . import submission as submissions
from . import verified as results
from .benchmark import FILE, BenchmarkFile
from .claims import check_figures
from .limited import RESULT, examine_limited
from .repository import NAME, Repository, read_level
from .verified import Verified

CHANGED = 5
"""Changed keys of a result that are named."""


class Verdict(NamedTuple):
    entry: str
    problems: list[str]
    """one line each; empty: the entry is verified"""
    verified: Verified | None


def verify(
    repository: Repository,
    entries: Sequence[str],
    private: dict[str, Path],
    check: bool,
) -> Iterator[Verdict]:
    """Examine entries and write their results; with `check` nothing is written, and a stored result
    that is not what was found is a problem. `private`: benchmark -> the table of its private
    part."""
    for entry in entries:
        with tempfile.TemporaryDirectory(prefix="reidbench-") as place:
            yield _verify(repository, entry, private, check, Path(place))


def _verify(
    repository: Repository, entry: str, private: dict[str, Path], check: bool, place: Path
) -> Verdict:
    import re

    folder = repository.submission(entry)
    if not re.fullmatch(NAME, entry):
        return Verdict(entry, [f"{safe(folder)}: a name is letters, digits, . _ and -"], None)
    try:
        about = _benchmark_of(repository, folder)
    except ReidbenchError as error:
        return Verdict(entry, [str(error)], None)
    problems, verified = examine_limited(
        repository.benchmark(about.name), about.limits, folder, private.get(about.name), place
    )
    if verified is None:
        return Verdict(entry, problems, None)
    path = repository.result(entry)
    old = results.read(path) if path.exists() else None
    verified = _with_reproduction(verified, old)
    if check:
        problems = _changes(path, old, verified)
    else:
        path.parent.mkdir(exist_ok=True)
        shutil.copyfile(results.figures_path(place / RESULT), results.figures_path(path))
        results.write_level(path, verified)
    return Verdict(entry, problems, verified)


def _benchmark_of(repository: Repository, folder: Path) -> BenchmarkFile:
    """The benchmark that a submission names."""
    if folder.is_symlink() or not folder.is_dir():
        raise DataError(f"{folder}: no folder (a link is none)")
    path = folder / submissions.FILE
    if path.is_symlink() or not is_file(path):
        raise DataError(f"{path}: there is no such file in the submission")
    name = submissions.read(folder).benchmark
    known = repository.benchmarks()
    if name not in known:
        raise DataError(f"{path}: no benchmark {safe(name)} here (benchmarks: {', '.join(known)})")
    return read_level(BenchmarkFile, repository.benchmark(name) / FILE)


def _with_reproduction(verified: Verified, old: Verified | None) -> Verified:
    """The same submission keeps what running it again has shown, and its private figures."""
    if old is None or old.submission != verified.submission:
        return verified
    kept: dict[str, Any] = {}
    if old.reproduced is not None:
        record = verified.record.model_copy(update={"status": "reproduced"})
        kept = {"reproduced": old.reproduced, "record": record}
    if verified.private is None and old.private is not None:
        kept["private"] = old.private
    return verified.model_copy(update=kept)


def _changes(path: Path, old: Verified | None, new: Verified) -> list[str]:
    """How a stored result differs from the one that was found; figures may within brackets."""
    if old is None:
        return []
    before, after = (v.model_dump(mode="json", by_alias=True) for v in (old, new))
    after_rows, before_rows = after["record"].pop("scores"), before["record"].pop("scores")
    changed = list(differences(before, after))
    keys = [[(r["identity"]["task"]["name"], r["mode"]) for r in rows]
            for rows in (before_rows, after_rows)]  # fmt: skip
    if keys[0] != keys[1]:
        changed.append("record.scores")
    words = [f"{name} has changed since" for name in changed[:CHANGED]]
    if not changed:
        words = check_figures(old.record, after_rows)
    return [f"{path}: {w}" for w in words]
