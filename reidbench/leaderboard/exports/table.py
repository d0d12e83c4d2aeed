"""The board as CSV, for pandas and spreadsheets.

Tidy: one line for each row of the board and metric, so the columns stay the same whatever metrics
a benchmark has. `frame.pivot(index=["entry", "task", "mode"], columns="metric", values="value")`
gives the wide table. Figures are fractions. An empty cell is what is not known.
"""

from __future__ import annotations

import csv as library
import io
from collections.abc import Iterator
from typing import Any

from .board import Board
from .escape import cell

CONDITIONS = (
    "selection", "test_time_augmentation", "re_ranking", "precision", "dim", "neck", "tap",
    "unlabelled", "fused", "note",
)  # fmt: skip
COST = ("parameters", "gflops", "bytes_per_item", "query_ms")
WHO = (
    "benchmark", "dataset", "task", "query", "gallery", "mode", "identity", "entry", "title",
    "authors", "url", "status",
)  # fmt: skip
FIGURES = (
    "metric", "value", "interval_low", "interval_high", "bracket_low", "bracket_high", "rank",
    "private_value", "private_rank", "private_delta", "seeds", "last_step", "last_value",
)  # fmt: skip
REST = ("trained_on", "overlaps", "flags", "collapsed", "source", "record")
COLUMNS = (*WHO, *FIGURES, *CONDITIONS, *COST, *REST)


def csv(board: Board) -> str:
    """One line for each row and metric, under the names in COLUMNS. Text that a spreadsheet would
    take for a formula has an apostrophe before it; several values in a cell are parted by `; `."""
    out = io.StringIO()
    # All text in quotes, so that an empty or numeric name of a stranger's stays text.
    writer = library.writer(out, quoting=library.QUOTE_NONNUMERIC, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in board["rows"]:
        for line in _lines(row):
            writer.writerow([_cell(line[name]) for name in COLUMNS])
    return out.getvalue()


def _lines(row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    common = {
        **{name: row[name] for name in (*WHO, "flags", "collapsed", "source", "record")},
        **{name: row["conditions"][name] for name in CONDITIONS},
        **{name: row["cost"][name] for name in COST},
        "seeds": len(row["per_seed"]) or None,
        "last_step": row["last"] and row["last"]["step"],
        "trained_on": row["training"]["declared"],
        "overlaps": row["training"]["overlaps"],
    }
    private = row["private"] or {"metrics": {}, "rank": {}, "delta": {}}
    for name, value in row["metrics"].items():
        low, high = row["interval"].get(name) or (None, None)
        lowest, highest = row["bracket"].get(name) or (None, None)
        yield common | {
            "metric": name,
            "value": value,
            "interval_low": low,
            "interval_high": high,
            "bracket_low": lowest,
            "bracket_high": highest,
            "rank": row["rank"].get(name),
            "private_value": private["metrics"].get(name),
            "private_rank": private["rank"].get(name),
            "private_delta": private["delta"].get(name),
            "last_value": row["last"] and row["last"]["metrics"].get(name),
        }


def _cell(value: Any) -> str | float | None:
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, list):
        value = "; ".join(map(str, value))
    return cell(value) if isinstance(value, str) else value
