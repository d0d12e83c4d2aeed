"""Tables in files, read row by row: `.csv` (UTF-8, with a header), `.jsonl` (one object per line),
`.json` (a list of objects) or `.parquet`."""

from __future__ import annotations

import contextlib
import csv
import json
import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from reidbench_registry import DataError, did_you_mean, gc_paused

from ._columns import read_table
from .problems import Problems

Row = dict[str, Any]


def read_rows(
    path: Path, problems: Problems, needed: Sequence[str], known: Sequence[str]
) -> list[Row]:
    """The rows of a table that has at least the columns `needed`. `known`: columns that are not
    suggested for a missing one. Raises DataError naming the file, and the rows that are damaged."""
    if path.suffix not in READERS:
        raise DataError(f"{path}: a manifest is a {', '.join(READERS)} file")
    if not path.is_file():
        raise DataError(f"manifest not found: {path}")
    with as_data_error(path), gc_paused():
        rows = READERS[path.suffix](path, problems)
    problems.raise_any()
    if not rows:
        raise DataError(f"{path}: the manifest is empty")
    present = set().union(*rows)
    for name in needed:
        if name not in present:
            raise DataError(
                f"{path}: there is no column {name!r}{did_you_mean(name, present - set(known))} "
                f"(columns: {', '.join(sorted(present))})"
            )
    return rows


@contextlib.contextmanager
def as_data_error(path: Path) -> Iterator[None]:
    """Errors that libraries raise for a damaged file become a DataError of one line."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not UTF-8 (byte {error.start})") from None
    except (OSError, ValueError, csv.Error) as error:
        raise DataError(f"{path}: {str(error).partition(chr(10))[0]}") from None


def cell_as_integer(value: Any) -> int | None:
    """A cell as an integer; None for an empty one. Raises ValueError for anything else."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        raise ValueError(value)
    try:
        # Tables with empty cells write integers as 0.0, and an empty cell as NaN.
        number = float(value)
    except TypeError:
        raise ValueError(value) from None
    if math.isnan(number):
        return None
    if not number.is_integer():
        raise ValueError(value)
    return int(number)


def _read_csv(path: Path, problems: Problems) -> list[Row]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, strict=True)
        header = next(reader, [])
        if len(set(header)) < len(header):
            raise ValueError("two columns have one name")
        rows = []
        for number, cells in enumerate((c for c in reader if c), start=1):
            if len(cells) != len(header):
                problems.add(f"{len(cells)} cells under {len(header)} columns", number)
            rows.append(dict(zip(header, cells, strict=False)))
    return rows


def _read_jsonl(path: Path, problems: Problems) -> list[Row]:
    rows = []
    lines = (x for x in path.read_text(encoding="utf-8-sig").split("\n") if x.strip())
    for number, line in enumerate(lines, start=1):
        try:
            row = json.loads(line)
        except ValueError:
            row = None
        if not isinstance(row, dict):
            problems.add("no JSON object", number)
            continue
        rows.append(row)
    return rows


def _read_json(path: Path, problems: Problems) -> list[Row]:
    rows = json.loads(path.read_text(encoding="utf-8-sig"))
    if not isinstance(rows, list):
        raise ValueError(f"expected a list of objects, found {type(rows).__name__}")
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, dict):
            problems.add("no JSON object", number)
    return rows


def _read_parquet(path: Path, problems: Problems) -> list[Row]:
    return read_table(path).to_pylist()


READERS: dict[str, Callable[[Path, Problems], list[Row]]] = {
    ".csv": _read_csv,
    ".jsonl": _read_jsonl,
    ".json": _read_json,
    ".parquet": _read_parquet,
}
