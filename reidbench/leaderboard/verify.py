"""Submissions examined one after the other; what holds becomes a result."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from reidbench_registry import DataError, ReidbenchError

from ..tools.files import whole_file
from ..tools.guarded import is_file
from ..tools.terminal import safe
from . import submission as submissions
from . import verified as results
from .benchmark import FILE, BenchmarkFile
from .changes import changes
from .limited import RESULT, examine_limited
from .repository import NAME, Repository, read_level
from .verified import Verified


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
    try:
        old = _stored(path)
        verified = _with_reproduction(verified, old)
        if check and old is not None:
            found = changes(path, old, place / RESULT, verified)
            problems = [f"{path}: {words}" for words in found]
    except ReidbenchError as error:
        return Verdict(entry, [str(error)], None)
    if not check:
        _store(place / RESULT, path, verified)
    return Verdict(entry, problems, verified)


def _stored(path: Path) -> Verified | None:
    """The result that lies in the leaderboard. Raises DataError for one that is damaged, and for
    links: a pull request may hold some, and a result would be written to where they lead."""
    for place in (path.parent, path, results.figures_path(path)):
        if place.is_symlink():
            raise DataError(f"{place}: it is a link; delete it")
    return results.read(path) if path.exists() else None


def _store(found: Path, path: Path, verified: Verified) -> None:
    """Write a result; each of its files is whole or not there."""
    path.parent.mkdir(exist_ok=True)
    figures = results.figures_path(path)
    with whole_file(figures) as part:
        shutil.copyfile(results.figures_path(found), part)
    results.write_level(path, verified)


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
