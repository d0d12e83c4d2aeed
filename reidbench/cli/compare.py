"""reidbench compare: results side by side, with paired differences."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from string import ascii_uppercase
from typing import Any

from reidbench_registry import ConfigError

EPILOG = """examples:
  reidbench compare runs/distill_cosine-seed0 runs/distill_pcm_fr-seed0
  reidbench compare baseline.json runs/mine-seed0 --metrics R1 mAP --json

Each argument is a run folder or a result file (of `reidbench score --out`). Differences are paired
query by query, against the first result; intervals are 95%, from resampled identities. A difference
whose interval holds 0 is marked ~: the data cannot separate the two. Numbers that do not mean the
same (another data set, exclusion rule, gallery ...) are refused, with the fields that differ.
"""
LABELS = ascii_uppercase
WIDE = 2000
"""Columns that no table of results fills."""


def add_parser(verbs: argparse._SubParsersAction) -> None:
    parser = verbs.add_parser(
        "compare",
        help="results side by side, with paired differences",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("results", nargs="+", type=Path, help="run folders or result files")
    parser.add_argument("--metrics", nargs="+", metavar="METRIC", help="only these")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(handler=handle)


def handle(arguments: argparse.Namespace) -> int:
    paths = arguments.results
    if not 2 <= len(paths) <= len(LABELS):
        raise ConfigError(f"expected 2 to {len(LABELS)} results, got {len(paths)}")
    from ..results.comparison import Result, compare

    results = [Result.read(path, label) for path, label in zip(paths, LABELS, strict=False)]
    comparison = compare(results, arguments.metrics)
    if arguments.json:
        print(json.dumps(comparison, indent=2, ensure_ascii=False))
        return 0

    _show(comparison)
    return 0


def _show(comparison: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    labels = [r["label"] for r in comparison["results"]]
    for r in comparison["results"]:
        name = f"  ({r['run']})" if r["run"] else ""
        console.print(f"{r['label']}  {r['path']}{name}", highlight=False, soft_wrap=True)
    table = Table(
        caption="percent, 95% intervals; ~ not separable",
        caption_justify="left",
        padding=(0, 1, 0, 0),
        box=None,
    )
    for column in ("task", "mode", "metric"):
        table.add_column(column, no_wrap=True)
    for label in labels:
        table.add_column(label, justify="right", no_wrap=True)
        if label != labels[0]:
            table.add_column(f"{label} - {labels[0]}", justify="right", no_wrap=True)
    previous = None
    for row in comparison["rows"]:
        group = row["task"], row["mode"]
        if previous not in (None, group):
            table.add_row()
        cells = group if group != previous else ("", "")
        table.add_row(*cells, row["metric"], *_cells(row, labels))
        previous = group
    # Where there is no terminal, or a narrow one, a long line says more than a cut one.
    Console(width=max(console.width, WIDE)).print(table)
    for c in comparison["conditions"]:
        values = ", ".join(f"{label} {value}" for label, value in c["values"].items())
        console.print(f"differs  {c['mode']}: {c['name']}: {values}", highlight=False)


def _cells(row: dict[str, Any], labels: list[str]) -> list[str]:
    values = {v["result"]: v for v in row["values"]}
    cells = []
    for label in labels:
        value = values.get(label)
        cells.append(f"{100 * value['value']:.1f} {_interval(value['interval'])}" if value else "-")
        if label != labels[0]:
            cells.append(_difference(value) if value else "-")
    return cells


def _difference(value: dict[str, Any]) -> str:
    if "difference" not in value:
        return "-"
    mark = "  " if value["separable"] else " ~"
    interval = _interval(value["difference_interval"], sign="+")
    return f"{100 * value['difference']:+.1f} {interval}{mark}"


def _interval(interval: list[float] | None, sign: str = "") -> str:
    if interval is None:
        return "(?)"
    low, high = (f"{100 * edge:{sign}.1f}" for edge in interval)
    return f"({low}, {high})"
