"""A board, packed for the page: what repeats is said once, figures stand in arrays.

The page of 2,000 rows has to stay under 3 MB. `script/data.js` unpacks what this file packs.
"""

from __future__ import annotations

from typing import Any

from ...web.plain import encodable, plain

ENTRY = ("entry", "title", "authors", "url", "description", "training")
"""What all rows of one entry share."""
PLAIN = (
    "benchmark", "dataset", "task", "query", "gallery", "mode", "identity", "status", "cost",
    "conditions", "flags", "source", "record", "collapsed",
)  # fmt: skip
"""Taken over as they are, when there is something in them."""


def compact(board: dict[str, Any]) -> dict[str, Any]:
    """The board as the page's JSON value. Nulls, empty lists and empty dicts are left out."""
    metrics = _metrics(board)
    entries: list[dict[str, Any]] = []
    places: dict[str, int] = {}
    rows = []
    for row in board["rows"]:
        entry = _filled({name: row.get(name) for name in ENTRY})
        place = places.setdefault(repr(entry), len(entries))
        if place == len(entries):
            entries.append(entry)
        rows.append({"of": place} | _row(row, metrics))
    return {
        "title": encodable(board["title"]),
        "metrics": metrics,
        "benchmarks": [_filled(benchmark) for benchmark in board["benchmarks"]],
        "entries": entries,
        "rows": rows,
    }


def _metrics(board: dict[str, Any]) -> list[str]:
    """Every metric of the board: those of the benchmarks first, in their order."""
    found: dict[str, None] = {}
    for benchmark in board["benchmarks"]:
        found.update(dict.fromkeys(benchmark["metrics"]))
    for row in board["rows"]:
        found.update(dict.fromkeys(row["metrics"]))
    return list(found)


def _row(row: dict[str, Any], metrics: list[str]) -> dict[str, Any]:
    def figures(values: dict[str, Any] | None) -> list[Any]:
        return _trimmed([plain((values or {}).get(name)) for name in metrics])

    packed: dict[str, Any] = {name: row.get(name) for name in PLAIN}
    for name in ("metrics", "interval", "bracket", "rank"):
        packed[name] = figures(row.get(name))
    packed["seeds"] = [[one["seed"], figures(one["metrics"])] for one in row.get("per_seed") or []]
    if row.get("last"):
        packed["last"] = [row["last"]["step"], figures(row["last"]["metrics"])]
    if row.get("private"):
        packed["private"] = {name: figures(values) for name, values in row["private"].items()}
    return _filled(packed)


def _filled(value: dict[str, Any]) -> dict[str, Any]:
    """Without what says nothing: None, False, and empty strings, lists and dicts. 0 is said."""
    inner = {k: _filled(v) if isinstance(v, dict) else plain(v) for k, v in value.items()}
    return {k: v for k, v in inner.items() if (v == 0 and v is not False) or v}


def _trimmed(values: list[Any]) -> list[Any]:
    """Without the nulls at the end."""
    while values and values[-1] is None:
        values.pop()
    return values
