"""SHA-256 of files, folders and plain values."""

from __future__ import annotations

import functools
import hashlib
import json
from pathlib import Path
from typing import Any


def json_digest(value: Any) -> str:
    """Of the canonical JSON of `value`: keys sorted, no white space."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def file_digest(path: Path) -> str:
    """Of a file's content. A file is read again only when its size or time of change differs."""
    status = path.stat()
    return _of_file(path.absolute(), status.st_size, status.st_mtime_ns, status.st_ctime_ns)


@functools.lru_cache(maxsize=65536)
def _of_file(path: Path, *_status: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def files_digest(place: Path) -> str:
    """Of a file, or of the names and contents of all files below a folder; `__pycache__` is left
    out."""
    digest = hashlib.sha256()
    for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(path.relative_to(place).as_posix().encode() + b"\0")
            digest.update(bytes.fromhex(file_digest(path)))
    return digest.hexdigest()
