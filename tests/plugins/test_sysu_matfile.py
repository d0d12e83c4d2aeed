"""A MAT file is walked before scipy reads it: what would end the process is one line."""

import io
import struct
import subprocess
import sys
import zlib

import numpy as np
import pytest
from scipy.io import loadmat, savemat

from reidbench_registry import DataError
from reidbench_sysu import matfile, permutations

HEADER = b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM"


def array(kind, sizes, data, name=b""):
    """One miMATRIX element."""
    body = struct.pack("<IIII", 6, 8, kind, 0)
    body += struct.pack("<II", 5, 4 * len(sizes)) + struct.pack(f"<{len(sizes)}i", *sizes)
    body += b"\0" * (-len(body) % 8)
    body += struct.pack("<II", 1, len(name)) + name + b"\0" * (-len(name) % 8)
    return struct.pack("<II", 14, len(body) + len(data)) + body + data


def numbers(values):
    return struct.pack("<II", 9, 8 * len(values)) + struct.pack(f"<{len(values)}d", *values)


def nested(depth):
    """Cells within cells, from the inside: each level is 56 bytes."""
    inner = array(6, (0, 0), b"")
    levels, size = [], len(inner)
    for _ in range(depth):
        empty = array(1, (1, 1), b"")
        levels.append(empty[:4] + struct.pack("<I", len(empty) - 8 + size) + empty[8:])
        size += len(empty)
    return b"".join(reversed(levels)) + inner


def refused(path, content, words):
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        permutations.read(path)
    assert words in str(caught.value) and str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("compressed", [False, True])
def test_what_scipy_writes_is_read_as_scipy_reads_it(tmp_path, compressed):
    cells = np.empty((2, 1), object)
    for i in range(2):
        cells[i, 0] = np.empty((3, 1), object)
        for j in range(3):
            cells[i, 0][j, 0] = np.arange(i * j * 4).reshape(-1, 4)
    path = tmp_path / "x.mat"
    savemat(path, {"x": cells, "y": np.ones((2, 2))}, do_compression=compressed)
    mine, theirs = matfile.read_cells(path, "x", "missing"), loadmat(path)["x"]
    for a, b in zip(mine.ravel(), theirs.ravel(), strict=True):
        assert all(np.array_equal(c, d) for c, d in zip(a.ravel(), b.ravel(), strict=True))


def test_cells_within_cells_would_end_the_process(tmp_path):
    content = HEADER + nested(60_000)
    code = (
        "import sys, io; from scipy.io import loadmat; loadmat(io.BytesIO(sys.stdin.buffer.read()))"
    )
    died = subprocess.run([sys.executable, "-c", code], input=content, capture_output=True)
    assert died.returncode < 0  # so that this stays worth its lines
    refused(tmp_path / "x.mat", content, "class 1 in 3 cells")
    small = zlib.compress(nested(60_000))
    refused(tmp_path / "x.mat", HEADER + struct.pack("<II", 15, len(small)) + small, "in 3 cells")


def test_zeros_are_inflated_up_to_a_limit(tmp_path):
    zeros = zlib.compressobj(9)
    part = b"".join([*(zeros.compress(bytes(2**20)) for _ in range(100)), zeros.flush()])
    assert len(part) < 200_000
    content = HEADER + struct.pack("<II", 15, len(part)) + part
    refused(tmp_path / "x.mat", content, "more than 67,108,864 bytes once it is inflated")
    with (tmp_path / "y.mat").open("wb") as file:
        file.truncate(10**9)
    with pytest.raises(DataError, match="1,000,000,000 bytes, expected at most"):
        permutations.read(tmp_path / "y.mat")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no little-endian MAT file"),
        (HEADER, "KeyError"),
        (HEADER[:-2] + b"MI", "no little-endian MAT file"),
        (HEADER + array(6, (2**30, 2**20), numbers([1.0]), b"rand_perm_cam"), "numbers in 8 bytes"),
        (HEADER + array(1, (2**30, 1), b"", b"rand_perm_cam"), "cells where 1,073,741,824"),
        (HEADER + array(6, (-1, 1), numbers([1.0]), b"rand_perm_cam"), "-1 numbers"),
        (HEADER + array(2, (1, 1), b"", b"rand_perm_cam"), "class 2"),
        (HEADER + array(6, (1, 1), numbers([1.0]), b"rand_perm_cam"), "1 cameras, expected 6"),
        # scipy looks such a type up in a table without asking how long it is.
        (HEADER + array(6, (1, 1), struct.pack("<IId", 9999, 8, 1), b"rand_perm_cam"), "type 9999"),
        (HEADER + struct.pack("<II", 14, 2**31), "cut off"),
        (HEADER + struct.pack("<II", 15, 4) + b"abcd", "no rand_perm_cam: error: Error -3"),
        (HEADER + array(6, (6, 1), numbers([1.0] * 6), b"rand_perm_cam"), "not 10 permutations"),
    ],
)  # fmt: skip
def test_lies_and_damage(tmp_path, content, words):
    refused(tmp_path / "x.mat", content, words)


def test_a_file_that_is_cut_anywhere(tmp_path):
    out = io.BytesIO()
    savemat(out, {"rand_perm_cam": np.array([[1.0, 2.0]])})
    for end in range(len(out.getvalue())):
        refused(tmp_path / "x.mat", out.getvalue()[:end], "x.mat")
