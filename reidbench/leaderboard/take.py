"""A proposed state of a leaderboard -> the one submission that it adds.

A pull request is a stranger's copy of everything, benchmarks and results included. Only a new
folder in `submissions/` is taken from it; all else must be as the maintainer has it.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from reidbench_registry import CheckFailed

from ..tools.digests import file_digest
from ..tools.files import whole_folder
from ..tools.terminal import quoted
from .repository import NAME, Repository

_SUBMISSION = re.compile(r"submissions/([^/]+)(/.*)?")


def take(repository: Repository, proposed: Path) -> str:
    """Copy the proposed submission into the leaderboard; returns the entry. Links are copied as
    links: `verify` refuses them.

    Raises CheckFailed naming what else the proposal changes, and when it adds none, several, or one
    that exists."""
    ours, theirs = dict(_files(repository.root)), dict(_files(proposed))
    for path in ours:
        if path not in theirs or not _same(repository.root / path, proposed / path):
            what = "changes" if path in theirs else "removes"
            raise CheckFailed(f"the proposal {what} {quoted(path)}: only new submissions are taken")
    entries = set()
    for path in theirs.keys() - ours.keys():
        found = _SUBMISSION.fullmatch(path)
        if found is None or not re.fullmatch(NAME, found[1]) or not found[2]:
            raise CheckFailed(f"the proposal adds {quoted(path)}: expected submissions/ENTRY/...")
        entries.add(found[1])
    if len(entries) != 1:
        named = ", ".join(sorted(entries)[:5]) or "none"
        raise CheckFailed(f"expected one new submission, the proposal has {len(entries)} ({named})")
    (entry,) = entries
    if repository.submission(entry).exists():
        raise CheckFailed(f"{entry} exists already: a changed entry gets a new name")
    with whole_folder(repository.submission(entry)) as part:
        source = proposed / "submissions" / entry
        shutil.copytree(source, part, symlinks=True, dirs_exist_ok=True)
    return entry


def _files(root: Path) -> Iterator[tuple[str, int]]:
    """Path below the root -> mode, of everything but folders and what git keeps; no link is
    followed."""
    for folder, names, files in os.walk(root):
        here = Path(folder)
        if here == root and ".git" in names:
            names.remove(".git")
        links = [name for name in names if (here / name).is_symlink()]
        for name in [*files, *links]:
            path = here / name
            yield path.relative_to(root).as_posix(), path.lstat().st_mode


def _same(first: Path, second: Path) -> bool:
    a, b = first.lstat(), second.lstat()
    if stat.S_IFMT(a.st_mode) != stat.S_IFMT(b.st_mode):
        return False
    if stat.S_ISLNK(a.st_mode):
        return first.readlink() == second.readlink()
    if not stat.S_ISREG(a.st_mode):
        return False
    return a.st_size == b.st_size and file_digest(first) == file_digest(second)
