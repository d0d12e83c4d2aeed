"""MAT files of version 5, looked through before scipy reads them.

scipy believes a file's own account: it follows cells within cells until the stack is full and the
process dies, looks up types that do not exist, and inflates zeros until the memory is full. So the
elements are inflated up to a limit and walked here, and scipy is given what was walked.

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
_INT8, _INT32, _UINT32 = 1, 5, 6
_BYTES = {1: 1, 2: 1, 3: 2, 4: 2, 5: 4, 6: 4, 7: 4, 9: 8, 12: 8, 13: 8}
"""Type of stored numbers -> bytes of one"""


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
    if 8 + _tag(element, 0)[1] != len(element):
        raise ValueError("an element that is no whole matrix")
    todo = [(0, len(element), 0)]
    while todo:
        at, end, depth = todo.pop()
        kind, size = _tag(element, at)
        if kind != _MATRIX or at + 8 + size > end:
            raise ValueError("an element that is no whole matrix")
        if not size:  # how an empty cell may be written
            continue
        end = at + 8 + size
        flags, at = _part(element, at + 8, end, _UINT32)
        dimensions, at = _part(element, at, end, _INT32)
        _, at = _part(element, at, end, _INT8)
        if len(flags) != 8 or len(dimensions) % 4 or len(dimensions) < 8:
            raise ValueError("an array without flags or dimensions")
        kind, complex_or_sparse = flags[0], flags[1] & 0x08
        sizes = struct.unpack(f"<{len(dimensions) // 4}i", dimensions)
        count = math.prod(sizes) if min(sizes) >= 0 else -1
        if kind in _NUMBERS and not complex_or_sparse:
            _check_numbers(element, at, end, count)
        elif kind == _CELL and depth < DEPTH:
            todo += _children(element, at, end, count, depth)
        else:
            raise ValueError(f"an array of class {kind} in {depth} cells")


def _check_numbers(element: bytes, at: int, end: int, count: int) -> None:
    kind, _ = _small_tag(element, at)
    if kind not in _BYTES:
        raise ValueError(f"numbers of type {kind}")
    data, at = _part(element, at, end, kind)
    if len(data) != count * _BYTES[kind] or at != end:
        raise ValueError(f"an array of {count:,} numbers in {len(data):,} bytes")


def _children(
    element: bytes, at: int, end: int, count: int, depth: int
) -> list[tuple[int, int, int]]:
    children = []
    while at < end:
        children.append((at, end, depth + 1))
        at += 8 + _tag(element, at)[1]
    if len(children) != count or at != end:
        raise ValueError(f"{len(children):,} cells where {count:,} are declared")
    return children


def _tag(content: bytes, at: int) -> tuple[int, int]:
    if at + 8 > len(content):
        raise ValueError("the file is cut off")
    kind, size = struct.unpack_from("<II", content, at)
    return kind, size


def _small_tag(element: bytes, at: int) -> tuple[int, int | None]:
    """The type of a part and, when its data stand in the tag itself, their length."""
    kind, _ = _tag(element, at)
    return (kind & 0xFFFF, kind >> 16) if kind >> 16 else (kind, None)


def _part(element: bytes, at: int, end: int, wanted: int) -> tuple[bytes, int]:
    """The data of a part of type `wanted`, and where the next part begins."""
    kind, small = _small_tag(element, at)
    if kind != wanted:
        raise ValueError(f"a part of type {kind}, expected {wanted}")
    if small is None:
        size = _tag(element, at)[1]
        start, after = at + 8, at + 8 + -(-size // 8) * 8
    else:
        size, start, after = small, at + 4, at + 8
        if size > 4:
            raise ValueError("a small element of more than four bytes")
    if after > end:
        raise ValueError("the file is cut off")
    return element[start : start + size], after
