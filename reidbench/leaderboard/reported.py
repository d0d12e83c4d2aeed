"""Figures copied from papers: shown apart, because nobody has checked what they mean."""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path
from typing import Any

from reidbench_registry import DataError

from ..tools.guarded import RECORD, as_data_error, read_text
from ..tools.terminal import quoted

FILE = "reported.csv"
REQUIRED = ("title", "dataset", "task", "note", "source")
"""`task`: `ir->rgb`, or the words of the paper; `note`: what is known of the protocol; `source`:
where the figures stand. All other columns are metrics, in percent; a cell may be empty."""


def read(path: Path) -> list[dict[str, Any]]:
    """The rows: the required columns and `metrics` as fractions; none without a file. Raises
    DataError naming the line."""
    if not path.is_file():
        return []
    text = read_text(path, RECORD)
    with as_data_error(path):
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        lines = list(reader)
    names = reader.fieldnames or []
    if missing := [name for name in REQUIRED if name not in names]:
        raise DataError(f"{path}: there is no column {missing[0]!r}")
    metrics = [name for name in names if name not in REQUIRED]
    rows = []
    for number, line in enumerate(lines, start=2):
        if None in line or any(not line[name] for name in REQUIRED):
            raise DataError(f"{path}: line {number}: a cell is missing, or there are too many")
        figures = {name: _fraction(path, number, line[name]) for name in metrics if line[name]}
        rows.append({name: line[name] for name in REQUIRED} | {"metrics": figures})
    return rows


def _fraction(path: Path, number: int, cell: str) -> float:
    try:
        value = float(cell) / 100
    except ValueError:
        value = math.nan
    if not 0 <= value <= 1:
        raise DataError(f"{path}: line {number}: {quoted(cell, 40)} is no percentage")
    return round(value, 12)
