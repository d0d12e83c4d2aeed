"""reidbench show: one result, with intervals."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from reidbench_registry import ConfigError

from ..tools.terminal import safe_json
from .parser import add_verb
from .selection import add_selection, check_known, fractions, interval, percent

if TYPE_CHECKING:
    from ..results.record import ResultRecord, Row
    from ..terminal.sheet import Sheet

EPILOG = """examples:
  reidbench show runs/distill_pcm_fr-seed0
  reidbench show result.json --mode edge --metrics R1 mAP
  reidbench show runs/distill_pcm_fr-seed0 --markdown

Intervals are 95%, from resampled identities. Where the table is wider than the terminal, each
figure has a line of its own (as with --long).
"""


def add_parser(verbs: argparse._SubParsersAction) -> None:
    parser = add_verb(verbs, "show", "one result, with intervals", EPILOG)
    parser.add_argument("result", type=Path, help="a run folder or a result file")
    add_selection(parser)
    parser.set_defaults(handler=handle)


def handle(arguments: argparse.Namespace) -> int:
    from ..results.record import read

    record = read(arguments.result)
    rows = record.scores
    check_known("task", arguments.task, (r.identity.task.name for r in rows))
    check_known("mode", arguments.mode, (r.mode for r in rows))
    check_known("metrics", arguments.metrics, (name for r in rows for name in r.metrics))
    rows = [
        r
        for r in rows
        if (not arguments.task or r.identity.task.name in arguments.task)
        and (not arguments.mode or r.mode in arguments.mode)
    ]
    names = [
        name
        for name in dict.fromkeys(n for r in rows for n in r.metrics)
        if not arguments.metrics or name in arguments.metrics
    ]
    if not rows:
        raise ConfigError(f"{arguments.result}: no row has this task in this mode")
    if arguments.json:
        shown = record.model_copy(update={"scores": rows})
        print(safe_json(shown.as_json()))
    elif arguments.csv:
        print(_tidy(rows, names).csv(), end="")
    elif arguments.markdown:
        print(_wide(rows, names).markdown())
    else:
        _show(record, rows, names, arguments.long)
    return 0


def _show(record: ResultRecord, rows: list[Row], names: list[str], long: bool) -> None:
    from rich.console import Console
    from rich.text import Text

    from ..results.table import caption, last_steps, title
    from ..terminal.lines import print_line

    console = Console()
    print_line(console, Text(f"{title(record)}, reidbench {record.reidbench}", "bold"))
    wide = _wide(rows, names)
    (wide if not long and wide.fits(console) else _long(rows, names)).show(console)
    print_line(console, Text(f"{caption(rows)}; 95% intervals"))
    for line in last_steps(rows, names):
        print_line(console, Text(f"selected on val; {line}"))
    for line in dict.fromkeys(_sizes(row) for row in rows):
        print_line(console, Text(line))


def _sizes(row: Row) -> str:
    gallery = row.n_gallery
    if isinstance(gallery, list):
        each = f"{min(gallery):,} to {max(gallery):,} (by trial)"
    else:
        each = f"{gallery:,}"
    return f"{row.identity.task.name}: {row.n_valid:,} valid queries, gallery {each}"


def _wide(rows: list[Row], names: list[str]) -> Sheet:
    """A row for each task and mode."""
    from ..terminal.sheet import Sheet

    cells = [
        [r.identity.task.name, r.mode, *(_figure(r, n) if n in r.metrics else "" for n in names)]
        for r in rows
    ]
    return Sheet(["task", "mode", *names], cells, right=names, group=1, spaced=True)


def _long(rows: list[Row], names: list[str]) -> Sheet:
    """A row for each task, mode and metric."""
    from ..terminal.sheet import Sheet

    numbers = ["value", "interval"]
    cells = [
        [r.identity.task.name, r.mode, n, percent(r.metrics[n]), interval(r.interval.get(n))]
        for r in rows
        for n in names
        if n in r.metrics
    ]
    return Sheet(["task", "mode", "metric", *numbers], cells, right=numbers, group=2, spaced=True)


def _tidy(rows: list[Row], names: list[str]) -> Sheet:
    """A row for each task, mode and metric, in fractions."""
    from ..terminal.sheet import Sheet

    cells = [
        [
            r.identity.task.name,
            r.mode,
            n,
            *fractions(r.metrics[n], *(r.interval.get(n) or (None, None))),
            str(r.n_query),
            str(r.n_valid),
        ]
        for r in rows
        for n in names
        if n in r.metrics
    ]
    columns = ["task", "mode", "metric", "value", "low", "high", "n_query", "n_valid"]
    return Sheet(columns, cells)


def _figure(row: Row, name: str) -> str:
    return f"{percent(row.metrics[name])} {interval(row.interval.get(name))}"
