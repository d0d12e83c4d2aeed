"""Files that strangers wrote, read with limits; every failure is one line that names the file.

A file is looked at before it is opened: a pipe or a device is refused, and so is one that is larger
than what it should hold. JSON is read with limits on depth and on the length of numbers, without
NaN and without lone surrogates. What a library raises about a damaged file is a DataError.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from reidbench_registry import DataError, ReidbenchError

from .terminal import quoted, safe

MIB = 2**20
SETTINGS = 1 * MIB
"""Bytes of a config, a task, a card, the settings of a model."""
RECORD = 64 * MIB
"""Bytes of a result."""
TABLE = 4096 * MIB
"""Bytes of an index of items."""
PICTURE = 512 * MIB
"""Bytes of a picture."""
DEPTH = 64
"""Lists and objects inside each other."""
DIGITS = 20
"""Digits of an integer: more than 64 bits have."""
ROOM = 64 * MIB
"""Bytes that any file may become in memory, however small it is."""
GROWTH = 32
"""How many times its own size a file may become beyond that."""
ROWS = 1_000_000
"""Rows that any table may have, however small it is."""
BYTES_PER_ROW = 8
"""Bytes of a table that each further row takes at least."""


class MissingFileError(DataError):
    """There is no such file."""


def check_file(path: Path, most: int = TABLE, missing: str = "file not found") -> int:
    """The size of a file, before a library opens it by name.

    Raises MissingFileError, beginning with `missing`; DataError for what is no file (a folder, a
    pipe, a device) and for more than `most` bytes."""
    with as_data_error(path, missing):
        return _size(path, path.stat(), most)


def is_file(path: Path | str) -> bool:
    """Whether there is such a file; False also for a name that no file can have (too long, with a
    zero character)."""
    try:
        return stat.S_ISREG(Path(path).stat().st_mode)
    except (OSError, ValueError):
        return False


@contextlib.contextmanager
def open_file(path: Path, most: int = TABLE, missing: str = "file not found") -> Iterator[BinaryIO]:
    """The file, open for reading bytes. Raises as `check_file`, and DataError for what anything in
    the block raises about a damaged file."""
    with as_data_error(path, missing):
        # Not to wait for somebody who writes into a pipe; files do not care.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        try:
            _size(path, os.fstat(handle), most)
            with os.fdopen(handle, "rb", closefd=False) as file:
                yield file
        finally:
            os.close(handle)


def read_bytes(path: Path, most: int = TABLE, missing: str = "file not found") -> bytes:
    """All of a file. Raises as `check_file`."""
    with open_file(path, most, missing) as file:
        size = os.fstat(file.fileno()).st_size
        content = file.read(size + 1)
        if len(content) > size:
            raise DataError(f"{path}: it grows while it is read")
        return content


def read_text(path: Path, most: int = RECORD, missing: str = "file not found") -> str:
    """A text in UTF-8, without its byte order mark. Raises as `check_file`, and DataError for other
    bytes."""
    content = read_bytes(path, most, missing)
    with as_data_error(path):
        return content.decode("utf-8-sig")


def read_json(
    path: Path,
    most: int = SETTINGS,
    missing: str = "file not found",
    nan: bool = False,
    longest: int = DIGITS,
) -> Any:
    """A JSON file. Raises as `check_file`, and DataError naming the place for what `json_parser`
    does not take."""
    text = read_text(path, most, missing)
    with as_data_error(path):
        return json_parser(nan, longest)(text)


def json_parser(nan: bool = False, longest: int = DIGITS) -> Callable[[str], Any]:
    """What parses JSON texts. It raises ValueError, in words that name the place, for what is no
    JSON, more than DEPTH levels, integers of more than `longest` digits, numbers that are not
    finite (`nan`: those are taken) and lone surrogates (`\\ud800` alone)."""
    wrong: list[_Wrong] = []

    def note(words: str) -> _Wrong:
        wrong.append(_Wrong(words))
        return wrong[-1]

    def whole(digits: str) -> Any:
        if len(digits) > longest:
            return note(f"a number of {len(digits):,} digits")
        return int(digits)

    def fraction(digits: str) -> Any:
        number = float(digits)
        return number if nan or math.isfinite(number) else note(f"{safe(digits, 40)} is too large")

    def constant(name: str) -> Any:
        return float(name) if nan else note(f"{name} is no number")

    decoder = json.JSONDecoder(parse_int=whole, parse_float=fraction, parse_constant=constant)

    def parse(text: str) -> Any:
        wrong.clear()
        try:
            value = decoder.decode(text)
        except RecursionError:
            raise ValueError(f"nested more than {DEPTH} levels deep") from None
        if text.count("[") + text.count("{") > DEPTH:
            check_depth(value)
        if wrong or "\\ud" in text or "\\uD" in text:
            _check_leaves(value)
        return value

    return parse


def check_depth(value: Any) -> None:
    """Raises ValueError for lists and dicts that lie more than DEPTH levels inside each other."""
    level = [value] if isinstance(value, list | dict) else []
    for _ in range(DEPTH):
        level = [
            child
            for one in level
            for child in (one.values() if type(one) is dict else one)
            if type(child) in (dict, list)
        ]
        if not level:
            return
    raise ValueError(f"nested more than {DEPTH} levels deep")


def check_memory(path: Path, declared: int, size: int) -> None:
    """Raises DataError when a file of `size` bytes says that it holds `declared` bytes, and that is
    more than any honest file of its size does."""
    if declared > ROOM + GROWTH * size:
        raise DataError(f"{path}: {size:,} bytes that would become {declared:,} in memory")


def check_rows(path: Path, rows: int, size: int) -> None:
    """The same for the rows of a table."""
    if rows > ROWS + size // BYTES_PER_ROW:
        raise DataError(f"{path}: {size:,} bytes that would become {rows:,} rows")


def digits(word: str) -> int | None:
    """An integer from 0 in plain digits; None for anything else."""
    return int(word) if word.isascii() and word.isdigit() and len(word) < DIGITS else None


@contextlib.contextmanager
def as_data_error(path: Path, missing: str = "file not found") -> Iterator[None]:
    """Whatever is raised in the block about the file, as a DataError of one line that names it.

    For blocks that do nothing but read: libraries answer damaged files with errors of every type,
    the end of memory and of the stack among them."""
    try:
        yield
    except ReidbenchError:
        raise
    except FileNotFoundError:
        raise MissingFileError(f"{missing}: {path}") from None
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not UTF-8 (byte {error.start})") from None
    except MemoryError:
        raise DataError(f"{path}: it takes more memory than there is") from None
    except RecursionError:
        raise DataError(f"{path}: nested too deeply") from None
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or first_line(error)}") from None
    except Exception as error:
        raise DataError(f"{path}: {first_line(error)}") from None


def first_line(error: BaseException) -> str:
    """The first line of a library's message, or the error's type where there is none."""
    try:
        words = str(error).strip().partition("\n")[0]
    except Exception:  # a message that cannot be made
        words = ""
    return safe(words) or type(error).__name__


class _Wrong:
    """Stands in a parsed value where there was something that is not taken."""

    def __init__(self, words: str) -> None:
        self.words = words


def _size(path: Path, status: os.stat_result, most: int) -> int:
    if stat.S_ISDIR(status.st_mode):
        raise DataError(f"{path}: a folder, expected a file")
    if not stat.S_ISREG(status.st_mode):
        raise DataError(f"{path}: a pipe or a device, expected a file")
    if status.st_size > most:
        raise DataError(f"{path}: {status.st_size:,} bytes, expected at most {most:,}")
    return status.st_size


def _check_leaves(value: Any) -> None:
    """Raises ValueError for the first leaf or key that is not taken, naming its place."""
    todo: list[tuple[str, Any]] = [("", value)]
    while todo:
        place, one = todo.pop()
        at = f"{place[1:]}: " if place else ""
        if isinstance(one, _Wrong):
            raise ValueError(f"{at}{one.words}")
        if isinstance(one, str) and not _is_text(one):
            raise ValueError(f"{at}a lone surrogate in {quoted(one, 60)}")
        if isinstance(one, dict):
            for key in one:
                if not _is_text(key):
                    raise ValueError(f"{at}a lone surrogate in the key {quoted(key, 60)}")
            children = [(f"{place}.{safe(k, 60)}", v) for k, v in one.items()]
            todo += reversed(children)
        elif isinstance(one, list):
            todo += reversed([(f"{place}.{i}", v) for i, v in enumerate(one)])


def _is_text(word: str) -> bool:
    try:
        word.encode()
    except UnicodeEncodeError:
        return False
    return True
