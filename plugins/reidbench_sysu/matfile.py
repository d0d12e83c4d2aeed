"""MAT files of version 5, looked through before scipy reads them.

scipy believes a file's own account: it follows cells within cells until the stack is full and the
process dies, and inflates zeros until the memory is full. So the elements are inflated up to a
limit and walked here, and scipy is given what was walked.

Source: MAT-File Format, The MathWorks, chapter 1.
"""

from __future__ import annotations

import io
import math
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from reidbench.tools.guarded import MIB, read_bytes

MOST = 16 * MIB
"""Bytes of a file: the published one has 297,740"""
INFLATED = 64 * MIB
"""Bytes of its elements once they are inflated"""
DEPTH = 3
"""Cells within cells"""
_HEADER = 128
_MATRIX, _COMPRESSED = 14, 15
_CELL = 1
_NUMBERS = range(6, 16)


def read_cells(path: Path, name: str, missing: str) -> Any:
    """The variable `name`, of numbers and cells of numbers, as scipy returns it.

    Raises DataError for a file that is missing or too large, ValueError and whatever else scipy
    raises for one that is damaged or something else, ImportError without scipy."""
    from scipy.io import loadmat

    content = read_bytes(path, MOST, missing)
    if len(content) < _HEADER or content[124:128] != b"\x00\x01IM":
        raise ValueError("no little-endian MAT file of version 5")
    elements = list(_inflated(content))
    for element in elements:
        _walk(element)
    whole = io.BytesIO(content[:_HEADER] + b"".join(elements))
    return loadmat(whole, variable_names=[name])[name]


def _inflated(content: bytes) -> Iterator[bytes]:
    """The elements of a file, each with its tag."""
    at, room = _HEADER, INFLATED
    while at < len(content):
        kind, size = _tag(content, at)
        end = at + 8 + size
        if end > len(content):
            raise ValueError("the file is cut off")
        element = content[at:end]
        if kind == _COMPRESSED:
            inflater = zlib.decompressobj()
            element = inflater.decompress(content[at + 8 : end], room + 1)
            if len(element) <= room and not inflater.eof:
                raise ValueError("an element is cut off")
        room -= len(element)
        if room < 0:
            raise ValueError(f"more than {INFLATED:,} bytes once it is inflated")
        at = end
        yield element


def _walk(element: bytes) -> None:
    """Raises ValueError unless an element holds numbers, or cells of them as deep as allowed."""
    todo = [(0, len(element), 0)]
    while todo:
        at, end, depth = todo.pop()
        kind, size = _tag(element, at)
        if kind != _MATRIX or at + 8 + size > end:
            raise ValueError("an element that is no whole matrix")
        if not size:  # how an empty cell may be written
            continue
        end = at + 8 + size
        at += 8
        parts = []
        for _ in range(3):  # flags, dimensions, name
            start, length, at = _part(element, at, end)
            parts.append(element[start : start + length])
        flags, dimensions, _ = parts
        kind = flags[0] if len(flags) == 8 else 0
        sizes = struct.unpack(f"<{len(dimensions) // 4}i", dimensions[: len(dimensions) // 4 * 4])
        count = math.prod(sizes) if sizes and min(sizes) >= 0 else -1
        if kind in _NUMBERS:
            # Numbers may be stored in fewer bytes than they have, but in one at least.
            if not 0 <= count <= end - at:
                raise ValueError(f"an array of {count:,} numbers in {end - at:,} bytes")
            continue
        if kind != _CELL or depth == DEPTH:
            raise ValueError(f"an array of class {kind} in {depth} cells")
        children = []
        while at < end:
            _, size = _tag(element, at)
            children.append((at, end, depth + 1))
            at += 8 + size
        if len(children) != count:
            raise ValueError(f"{len(children):,} cells where {count:,} are declared")
        todo += children


def _tag(content: bytes, at: int) -> tuple[int, int]:
    if at + 8 > len(content):
        raise ValueError("the file is cut off")
    kind, size = struct.unpack_from("<II", content, at)
    return kind, size


def _part(element: bytes, at: int, end: int) -> tuple[int, int, int]:
    """Where a part's data begin, how long they are, and where the next part begins."""
    kind, size = _tag(element, at)
    if kind >> 16:  # up to four bytes stand in the tag itself
        start, size, after = at + 4, kind >> 16, at + 8
        if size > 4:
            raise ValueError("a small element of more than four bytes")
    else:
        start, after = at + 8, at + 8 + -(-size // 8) * 8
    if after > end:
        raise ValueError("the file is cut off")
    return start, size, after
