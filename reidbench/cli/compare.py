"""reidbench compare: results side by side, with paired differences."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from string import ascii_uppercase
from typing import TYPE_CHECKING, Any

from reidbench_registry import ConfigError

from ..tools.terminal import safe_json
from .parser import add_verb
from .selection import add_selection, check_known, fractions, interval, percent

if TYPE_CHECKING:
    from ..terminal.sheet import Sheet

EPILOG = """examples:
  reidbench compare runs/distill_cosine-seed0 runs/distill_pcm_fr-seed0
  reidbench compare baseline.json runs/mine-seed0 --mode edge --metrics R1 mAP
  reidbench compare baseline.json runs/mine-seed0 --csv

Each argument is a run folder or a result file (of `reidbench score --out`). Differences are paired
query by query, against the first result. Their intervals are 95%, from resampled identities; p is
that of a two-sided permutation test over identities. A difference whose interval holds 0 is marked
~: the data cannot separate the two. p is not corrected for the number of rows. Numbers that do not
mean the same (another data set, exclusion rule, gallery ...) are refused, with the fields that
differ.

Where the table is wider than the terminal, each figure has a line of its own (as with --long).
"""
LABELS = ascii_uppercase


def add_parser(verbs: argparse._SubParsersAction) -> None:
    parser = add_verb(verbs, "compare", "results side by side, with paired differences", EPILOG)
    parser.add_argument("results", nargs="+", type=Path, help="run folders or result files")
    add_selection(parser)
    parser.set_defaults(handler=handle)


def handle(arguments: argparse.Namespace) -> int:
    paths = arguments.results
    if not 2 <= len(paths) <= len(LABELS):
        raise ConfigError(f"expected 2 to {len(LABELS)} results, got {len(paths)}")
    from ..results.comparison import Result, compare

    results = [Result.read(path, label) for path, label in zip(paths, LABELS, strict=False)]
    comparison = compare(results, arguments.metrics)
    for what in ("task", "mode"):
        given = getattr(arguments, what)
        check_known(what, given, (row[what] for row in comparison["rows"]))
        if given:
            comparison["rows"] = [row for row in comparison["rows"] if row[what] in given]
    if arguments.json:
        print(safe_json(comparison))
    elif arguments.csv:
        print(_tidy(comparison).csv(), end="")
    elif arguments.markdown:
        print(_side_by_side(comparison).markdown())
    else:
        _show(comparison, arguments.long)
    return 0


def _show(comparison: dict[str, Any], long: bool) -> None:
    from rich.console import Console
    from rich.text import Text

    from ..terminal.lines import print_line

    console = Console()
    for r in comparison["results"]:
        name = f"  ({r['run']})" if r["run"] not in (None, Path(r["path"]).name) else ""
        print_line(console, Text(f"{r['label']}  {r['path']}{name}"), 3)
    wide = _side_by_side(comparison)
    if not long and wide.fits(console):
        wide.show(console)
    else:
        for group, sheet in _line_by_line(comparison):
            console.print()
            print_line(console, Text(group, "bold"))
            sheet.show(console)
    print_line(console, Text("percent, 95% intervals; ~ not separable; p of a permutation test"))
    for c in comparison["conditions"]:
        values = ", ".join(f"{label} {value}" for label, value in c["values"].items())
        print_line(console, Text(f"differs  {c['mode']}: {c['name']}: {values}"), 9)


def _side_by_side(comparison: dict[str, Any]) -> Sheet:
    """A row for each metric, columns for each result and difference."""
    from ..terminal.sheet import Sheet

    first, *others = (r["label"] for r in comparison["results"])
    numbers = [first]
    for label in others:
        numbers += [label, f"{label} - {first}", "p" if len(others) == 1 else f"p {label}"]
    rows = []
    for row in comparison["rows"]:
        values = {v["result"]: v for v in row["values"]}
        cells = [_value(values.get(first))]
        for label in others:
            value = values.get(label)
            cells += [_value(value), _difference(value) or "-", _p(value) or "-"]
        rows.append([row["task"], row["mode"], row["metric"], *cells])
    return Sheet(["task", "mode", "metric", *numbers], rows, right=numbers, group=2, spaced=True)


def _line_by_line(comparison: dict[str, Any]) -> Iterator[tuple[str, Sheet]]:
    """task and mode -> a row for each metric and result."""
    from ..terminal.sheet import Sheet

    groups: dict[str, list[list[str]]] = {}
    width = max((len(row["metric"]) for row in comparison["rows"]), default=0)
    for row in comparison["rows"]:
        lines = groups.setdefault(f"{row['task']}, {row['mode']}", [])
        for place, v in enumerate(row["values"]):
            metric = "" if place else row["metric"]
            # One column: with two, the lines would not fit into 60 columns.
            lines.append([f"{metric:<{width}} {v['result']}", _value(v), _difference(v), _p(v)])
    first = comparison["results"][0]["label"]
    numbers = ["value", f"minus {first}", "p"]
    for group, lines in groups.items():
        yield group, Sheet(["metric", *numbers], lines, right=numbers)


def _tidy(comparison: dict[str, Any]) -> Sheet:
    """A row for each task, mode, metric and result, in fractions."""
    from ..terminal.sheet import Sheet

    paths = {r["label"]: r["path"] for r in comparison["results"]}
    columns = ["task", "mode", "metric", "result", "path", "value", "low", "high", "difference"]
    rows = []
    for row in comparison["rows"]:
        for v in row["values"]:
            names = [row["task"], v["mode"], row["metric"], v["result"], paths[v["result"]]]
            edges = v.get("difference_interval") or (None, None)
            figures = [v["value"], *(v["interval"] or (None, None)), v.get("difference"), *edges]
            rows.append([*names, *fractions(*figures, v.get("p"))])
    return Sheet([*columns, "difference_low", "difference_high", "p"], rows)


def _value(value: dict[str, Any] | None) -> str:
    return f"{percent(value['value'])} {interval(value['interval'])}" if value else "-"


def _difference(value: dict[str, Any] | None) -> str:
    if value is None or "difference" not in value:
        return ""
    mark = " ~" if value["separable"] is False else "  "
    return (
        f"{percent(value['difference'], '+')} {interval(value['difference_interval'], '+')}{mark}"
    )


def _p(value: dict[str, Any] | None) -> str:
    p = value.get("p") if value else None
    return "" if p is None else "<0.001" if p < 0.001 else f"{p:.3f}"
