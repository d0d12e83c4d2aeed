"""NumPy's files of strangers: `.npy`, and arrays of an `.npz`. No pickle is loaded.

What the headers declare is held against the size of the file before any memory is spent.
"""

from __future__ import annotations

import math
import os
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING

from reidbench_registry import DataError

from .guarded import TABLE, check_memory, check_rows, open_file

if TYPE_CHECKING:
    import numpy as np

HINTS = {
    "item_ids": "save it as strings, np.array(ids, dtype=str)",
    "features": "save it as numbers, np.asarray(features, dtype=np.float32)",
}
"""Array -> what to do when it holds Python objects."""


def read_npz(
    path: Path, names: Sequence[str], missing: str = "file not found"
) -> dict[str, np.ndarray]:
    """The arrays `names` of an .npz file; others are not looked at.

    Raises DataError naming the file: missing, damaged, without one of the arrays, arrays of Python
    objects, declared shapes that are not what the file holds or that no honest file of its size
    would hold."""
    arrays = {}
    with open_file(path, TABLE, missing) as file, zipfile.ZipFile(file) as archive:
        size = os.fstat(file.fileno()).st_size
        members = {}
        for name in names:
            if f"{name}.npy" not in archive.NameToInfo:
                raise DataError(f"{path}: there is no array {name!r}")
            members[name] = archive.getinfo(f"{name}.npy")
        declared = 0
        for name, member in members.items():
            with archive.open(member) as part:
                declared += _check(path, name, part, member.file_size, size)
        check_memory(path, declared, size)
        for name, member in members.items():
            with archive.open(member) as part:
                arrays[name] = _read(part)
    return arrays


def read_npy(path: Path, name: str, missing: str = "file not found") -> np.ndarray:
    """The array of an .npy file, which a message calls `name`. Raises DataError as `read_npz`."""
    with open_file(path, TABLE, missing) as file:
        size = os.fstat(file.fileno()).st_size
        _check(path, name, file, size, size)
        file.seek(0)
        return _read(file)


def _read(part: IO[bytes]) -> np.ndarray:
    import numpy as np

    return np.lib.format.read_array(part, allow_pickle=False)


def _check(path: Path, name: str, part: IO[bytes], length: int, size: int) -> int:
    """The bytes that an array declares, which must be those that follow its header; `length` is
    that of the part with its header, `size` that of the whole file."""
    from numpy.lib import format

    readers: Mapping[tuple[int, int], object] = {
        (1, 0): format.read_array_header_1_0,
        (2, 0): format.read_array_header_2_0,
    }
    version = format.read_magic(part)
    if version not in readers:
        raise DataError(f"{path}: array {name!r} has names or a format that is not known")
    shape, _, dtype = readers[version](part)  # type: ignore[operator]
    if dtype.hasobject:
        hint = HINTS.get(name, "save it with a plain dtype")
        raise DataError(f"{path}: {name} is an array of Python objects: {hint}")
    if any(n < 0 for n in shape):
        raise DataError(f"{path}: array {name!r} has the shape {list(shape)}")
    declared = math.prod(shape) * dtype.itemsize
    if declared != length - part.tell():
        raise DataError(
            f"{path}: array {name!r} declares {dtype}{list(shape)}, {declared:,} bytes, and the "
            f"file holds {length - part.tell():,}"
        )
    check_rows(path, shape[0] if shape else 1, size)
    return declared
