"""A submission before anything in it is used: every check that needs no features in memory.

In layers, each of which may rely on those before it: what kind of files there are; what the
submission declares; sizes; headers; digests. Nothing is read before its size is known.
"""

from __future__ import annotations

import os
import stat
import struct
from pathlib import Path
from typing import Any

from reidbench_registry import DataError

from ..tools.digests import file_digest
from ..tools.guarded import as_data_error, json_parser, open_file
from ..tools.terminal import quoted
from .benchmark import BenchmarkFile
from .submission import CONFIG, DTYPES, FILE, MOST_FILES, RECORD, Declared, SubmissionFile, read

KNOWN = (FILE, RECORD, CONFIG)
HEADER = 64 * 2**20
"""Bytes of the header of a file of embeddings: item ids are most of it."""
_NAMES = {"float16": "F16", "bfloat16": "BF16", "float32": "F32", "float64": "F64"}
"""dtype -> how safetensors writes it"""


def take_in(folder: Path, benchmark: BenchmarkFile, entry: str) -> SubmissionFile:
    """What the submission `entry` declares, once all of it is true of its files. Raises DataError
    naming the first file or key that is wrong."""
    sizes = _files(folder)
    for name in (FILE, RECORD):
        if name not in sizes:
            raise DataError(f"{folder / name}: there is no such file in the submission")
    submission = read(folder)
    if submission.entry != entry:
        raise DataError(
            f"{folder / FILE}: entry is {submission.entry!r}, the folder's is {entry!r}"
        )
    if submission.benchmark != benchmark.name:
        raise DataError(f"{folder / FILE}: it is for benchmark {quoted(submission.benchmark)}")
    _check_scores(folder / FILE, submission)
    surplus = sizes.keys() - submission.files.keys() - {*KNOWN}
    if surplus:
        raise DataError(f"{folder}: {FILE} does not declare {quoted(min(surplus))}")
    for name, declared in submission.files.items():
        if name not in sizes:
            raise DataError(f"{folder / name}: {FILE} declares it, but it is not there")
        if sizes[name] != declared.bytes:
            raise DataError(
                f"{folder / name}: {sizes[name]:,} bytes, {FILE} declares {declared.bytes:,}"
            )
    most = benchmark.limits.files_mb * 2**20
    if (whole := sum(sizes.values())) > most:
        raise DataError(f"{folder}: {whole:,} bytes in all, this benchmark takes {most:,}")
    for name, declared in submission.files.items():
        _check_header(folder / name, declared)
        if file_digest(folder / name) != declared.sha256:
            raise DataError(f"{folder / name}: its SHA-256 is not the one that {FILE} declares")
    return submission


def _files(folder: Path) -> dict[str, int]:
    """name -> bytes of what lies in the folder: plain files only."""
    if not stat.S_ISDIR(folder.lstat().st_mode):
        raise DataError(f"{folder}: no folder (a link is none)")
    sizes: dict[str, int] = {}
    with os.scandir(folder) as entries:
        for entry in entries:
            if len(sizes) >= MOST_FILES + len(KNOWN):
                raise DataError(f"{folder}: more than {MOST_FILES + len(KNOWN)} files")
            status = entry.stat(follow_symlinks=False)
            if not stat.S_ISREG(status.st_mode):
                kind = "a folder" if stat.S_ISDIR(status.st_mode) else "a link or a device"
                raise DataError(f"{folder}: {quoted(entry.name)} is {kind}, expected plain files")
            sizes[entry.name] = status.st_size
    return sizes


def _check_scores(path: Path, submission: SubmissionFile) -> None:
    seen = set()
    for number, one in enumerate(submission.scores):
        if (one.seed, one.mode) in seen:
            raise DataError(f"{path}: scores.{number}: mode {quoted(one.mode)} occurs twice")
        seen.add((one.seed, one.mode))
        for side in ("query", "gallery"):
            if getattr(one, side) not in submission.files:
                raise DataError(
                    f"{path}: scores.{number}.{side}: {quoted(getattr(one, side))} is none of files"
                )
    if len(seen) != len(submission.seeds) * len(submission.modes):
        raise DataError(f"{path}: scores: every mode needs every seed")
    if None in submission.seeds and len(submission.seeds) > 1:
        raise DataError(f"{path}: scores: several seeds, and one of them is null")
    used = {name for one in submission.scores for name in (one.query, one.gallery)}
    if unused := submission.files.keys() - used:
        raise DataError(f"{path}: files: {quoted(min(unused))} is used by none of scores")


def _check_header(path: Path, declared: Declared) -> None:
    """The file is one tensor `features` of the declared shape and dtype, with item ids."""
    expected = declared.shape[0] * declared.shape[1] * DTYPES[declared.dtype]
    with open_file(path) as file:
        (length,) = struct.unpack("<Q", file.read(8).ljust(8, b"\0"))
        if length > min(HEADER, declared.bytes - 8):
            raise DataError(f"{path}: its header says that it has {length:,} bytes")
        if 8 + length + expected != declared.bytes:
            raise DataError(
                f"{path}: {declared.bytes:,} bytes do not hold a header of {length:,} and "
                f"{declared.dtype}{list(declared.shape)}"
            )
        text = file.read(length)
    with as_data_error(path):
        header: Any = json_parser()(text.decode())
    tensor = {
        "dtype": _NAMES[declared.dtype],
        "shape": list(declared.shape),
        "data_offsets": [0, expected],
    }
    if not isinstance(header, dict) or header.get("features") != tensor:
        raise DataError(f"{path}: its header is not that of the declared features")
    metadata = header.get("__metadata__")
    if set(header) != {"features", "__metadata__"} or not isinstance(metadata, dict):
        raise DataError(f"{path}: expected features and metadata with item_ids, nothing else")
    if set(metadata) != {"item_ids"}:
        raise DataError(f"{path}: expected the metadata item_ids, and no other")
