"""Tables in files, read row by row: `.csv` (UTF-8, with a header), `.jsonl` (one object per line),
`.json` (a list of objects) or `.parquet`."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from reidbench_registry import DataError, did_you_mean, gc_paused

from ._parquet import read_table
from .guarded import TABLE, as_data_error, check_file, json_parser, open_file, read_text
from .problems import Problems
from .terminal import safe

Row = dict[str, Any]
CELLS = 2_000_000
"""Cells that any table may have. A larger one has a byte for each further cell."""
SHOWN = 20
"""Columns that a message names."""
WHOLE = 2**63
"""Integers stay below it."""
MISSING = "manifest not found"


def read_rows(
    path: Path, problems: Problems, needed: Sequence[str], known: Sequence[str]
) -> list[Row]:
    """The rows of a table that has at least the columns `needed`. `known`: columns that are not
    suggested for a missing one. Raises DataError naming the file, and the rows that are damaged."""
    if path.suffix not in READERS:
        raise DataError(f"{path}: a manifest is a {', '.join(READERS)} file")
    size = check_file(path, TABLE, MISSING)
    with as_data_error(path, MISSING), gc_paused():
        rows = READERS[path.suffix](path, problems)
    problems.raise_any()
    present: set[str] = set().union(*rows)
    if len(rows) * len(present) > CELLS + size:
        raise DataError(f"{path}: {len(present):,} columns in {len(rows):,} rows")
    check_columns(path, present, len(rows), needed, known)
    return rows


def check_columns(
    path: Path, present: set[str], rows: int, needed: Sequence[str], known: Sequence[str]
) -> None:
    """Raises DataError for a table without rows or without one of the columns `needed`."""
    if not rows:
        raise DataError(f"{path}: the manifest is empty")
    for name in needed:
        if name not in present:
            columns = ", ".join(safe(n, 60) for n in sorted(present)[:SHOWN])
            raise DataError(
                f"{path}: there is no column {name!r}{did_you_mean(name, present - set(known))} "
                f"(columns: {columns})"
            )


def fault_of_extras(extras: Mapping[str, Any]) -> str | None:
    """What is wrong with values that mean something to tasks; None when nothing is."""
    places = extras.get("trial_places")
    if places is None:
        return None
    if not isinstance(places, list) or any(type(p) is not int or p < 0 for p in places):
        return "extras: trial_places is no list of integers from 0"
    return None


def cell_as_integer(value: Any) -> int | None:
    """A cell as an integer; None for an empty one. Raises ValueError for anything else."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        raise ValueError(value)
    try:
        # Tables with empty cells write integers as 0.0, and an empty cell as NaN.
        number = float(value)
    except (TypeError, OverflowError):
        raise ValueError(value) from None
    if math.isnan(number):
        return None
    if not number.is_integer() or abs(number) >= WHOLE:
        raise ValueError(value)
    return int(number)


def _read_csv(path: Path, problems: Problems) -> list[Row]:
    with open_file(path) as raw, io.TextIOWrapper(raw, "utf-8-sig", newline="") as file:
        reader = csv.reader(file, strict=True)
        header = next(reader, [])
        if len(set(header)) < len(header):
            raise ValueError("two columns have one name")
        rows = []
        for number, cells in enumerate((c for c in reader if c), start=1):
            if len(cells) != len(header):
                problems.add(f"{len(cells)} cells under {len(header)} columns", number)
            if problems.full:
                break
            rows.append(dict(zip(header, cells, strict=False)))
    return rows


def _read_jsonl(path: Path, problems: Problems) -> list[Row]:
    rows = []
    parse = json_parser(nan=True)
    lines = (x for x in read_text(path, TABLE).split("\n") if x.strip())
    for number, line in enumerate(lines, start=1):
        try:
            row = parse(line)
            if not isinstance(row, dict):
                raise json.JSONDecodeError("no object", line, 0)
            rows.append(row)
        except json.JSONDecodeError:
            problems.add("no JSON object", number)
        except ValueError as error:
            problems.add(str(error), number)
        if problems.full:
            break
    return rows


def _read_json(path: Path, problems: Problems) -> list[Row]:
    rows = json_parser(nan=True)(read_text(path, TABLE))
    if not isinstance(rows, list):
        raise ValueError(f"expected a list of objects, found {type(rows).__name__}")
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, dict):
            problems.add("no JSON object", number)
        if problems.full:
            break
    return rows


def _read_parquet(path: Path, problems: Problems) -> list[Row]:
    return read_table(path).to_pylist()


READERS: dict[str, Callable[[Path, Problems], list[Row]]] = {
    ".csv": _read_csv,
    ".jsonl": _read_jsonl,
    ".json": _read_json,
    ".parquet": _read_parquet,
}
