"""What the pictures of a data set contain: the SHA-256 of each file, kept between runs.

An index names files, it does not hold them: pictures that were changed under the same names would
otherwise pass for the same data. A file is read again only when its size or time of change differs,
so a large data set costs one `stat` a file.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from reidbench_registry import Record, Track

from ..tools.files import whole_file

BATCH = 256
"""Files of one piece of work: small enough for a smooth bar, large enough to cost nothing."""
ABSENT = "absent"


class Seen(NamedTuple):
    """A file as it was when it was read."""

    size: int
    changed: int
    """time of change in nanoseconds"""
    sha256: str


@dataclass
class Contents:
    """path -> what was seen there. A file that does not exist has no entry."""

    seen: dict[str, Seen] = field(default_factory=dict)

    def digest_of(self, records: Sequence[Record]) -> str | None:
        """One digest over the pictures of the records, whatever their order; None without any."""
        lines = [
            f"{r.item_id}\0{self.seen[p].sha256 if (p := str(r.path)) in self.seen else ABSENT}\n"
            for r in records
            if r.path is not None
        ]
        return hashlib.sha256("".join(sorted(lines)).encode()).hexdigest() if lines else None

    def changed_since(self, before: Contents) -> list[str]:
        """The paths whose contents are others than before."""
        return [
            path
            for path, seen in self.seen.items()
            if path in before.seen and before.seen[path].sha256 != seen.sha256
        ]


def read_contents(records: Iterable[Record], before: Contents, track: Track) -> Contents:
    """The contents of the records' files; those that look as they did `before` are not read."""
    paths = list(dict.fromkeys(str(r.path) for r in records if r.path is not None))
    parts = [paths[i : i + BATCH] for i in range(0, len(paths), BATCH)]
    contents, unread = Contents(), list[str]()
    with ThreadPoolExecutor(min(8, 2 * (os.cpu_count() or 1))) as pool:
        for states in pool.map(_states, parts):
            for path, size, changed in states:
                known = before.seen.get(path)
                if known is not None and known[:2] == (size, changed):
                    contents.seen[path] = known
                else:
                    unread.append(path)
        if unread:
            pieces = [unread[i : i + BATCH] for i in range(0, len(unread), BATCH)]
            for seen in track(pool.map(_read, pieces), "reading pictures", len(pieces)):
                contents.seen.update(seen)
    return contents


def _states(paths: list[str]) -> list[tuple[str, int, int]]:
    states = []
    for path in paths:
        try:
            status = os.stat(path)  # noqa: PTH116 - a Path costs more than the call
        except OSError:
            continue
        if not stat.S_ISREG(status.st_mode):  # to read a pipe would wait for ever
            continue
        states.append((path, status.st_size, status.st_mtime_ns))
    return states


def _read(paths: list[str]) -> dict[str, Seen]:
    seen = {}
    for path in paths:
        try:
            with Path(path).open("rb") as file:
                status = os.fstat(file.fileno())
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError:
            continue
        seen[path] = Seen(status.st_size, status.st_mtime_ns, digest)
    return seen


def load(path: Path) -> Contents:
    """What `save` wrote; nothing for a file that is absent or damaged."""
    import pyarrow
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.read_table(path).to_pydict()
        rows = zip(table["size"], table["changed"], table["sha256"], strict=True)
        return Contents(dict(zip(table["path"], map(Seen._make, rows), strict=True)))
    except (OSError, KeyError, ValueError, TypeError, pyarrow.ArrowException):
        return Contents()


def save(contents: Contents, path: Path) -> None:
    import pyarrow
    import pyarrow.parquet

    columns = {"path": list(contents.seen)}
    for name in Seen._fields:
        columns[name] = [getattr(seen, name) for seen in contents.seen.values()]
    with whole_file(path) as part:
        pyarrow.parquet.write_table(pyarrow.table(columns), part)
