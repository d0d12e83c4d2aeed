"""Errors of the operating system in one line that names the path."""

from __future__ import annotations

import argparse
import errno
import os
import shutil
import tempfile
from pathlib import Path

_FULL = (errno.ENOSPC, errno.EDQUOT)
_BUGS = (errno.EBADF, errno.EINVAL, errno.ECHILD, errno.ESRCH, None)
"""Errors of the system that no user's path or disk explains."""


def in_words(error: OSError, chosen: argparse.Namespace) -> str | None:
    """One line that names the path, or None for a bug."""
    if error.errno in _BUGS:
        return None
    words = error.strerror or str(error)
    if error.filename is not None:
        paths = [os.fspath(p) for p in (error.filename, error.filename2) if p is not None]
        return f"{words}: {' -> '.join(map(str, paths))}"
    if error.errno not in _FULL:
        return None
    # A write to an open file does not say which: name the folders that are full.
    given = [getattr(chosen, name, None) for name in ("work_dir", "out", "dir")]
    places = [p for p in given if isinstance(p, Path)] + [Path(tempfile.gettempdir())]
    full = [str(p) for p in places if _free(p) < 2**20]
    return f"{words}: {', '.join(full or dict.fromkeys(map(str, places)))}"


def _free(path: Path) -> int:
    """Bytes that are free where the path is, or will be."""
    while not path.exists() and path != path.parent:
        path = path.parent
    return shutil.disk_usage(path).free
