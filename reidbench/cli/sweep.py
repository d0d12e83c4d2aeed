"""reidbench sweep: many runs from one config, in parallel, and their table."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reidbench_registry import ConfigError

from ..drawing.figure import check_picture
from .parser import add_verb
from .shared import add_options, greet, use_passive_waiting

if TYPE_CHECKING:
    from rich.console import Console

    from ..sweep.schedule import Outcome
    from ..sweep.sweep import Sweep

EPILOG = """examples:
  reidbench sweep rq/distillers --workers 2
  reidbench sweep distill_cosine --seeds 0 1 2 --grid student.train.steps=[200,400]
  reidbench sweep my_sweep.py --dry-run
  reidbench sweep my_sweep.py --by-task --metrics R1 mAP --picture quality.svg
  reidbench sweep my_sweep.py --executor submitit --workers 20

A config declares a sweep beside its other sections:

  sweep = dict(
      seeds=[0, 1, 2],
      cases=dict(cosine={"student.train.distillers": [dict(type="Cosine")]}, none={...}),
      grid={"student.train.steps": [200, 400]},
      baseline={"case": "cosine"},
  )

Every case, value of the grid and seed makes a run of its own in the work directory. Runs share
stages: a teacher is trained once. The same command continues after an interruption, and runs that
have their result are not started again unless --check is given. A run that fails is reported, and
the others go on (exit code 1). The table is also written to <work dir>/sweeps/<name>/, as Markdown,
LaTeX, CSV and JSON.
"""


def add_parser(verbs: argparse._SubParsersAction) -> None:
    parser = add_verb(verbs, "sweep", "run a grid of configs over seeds, print one table", EPILOG)
    parser.add_argument("config", help="a .py, .json or .toml file, or a shipped config's name")
    add_options(parser)
    parser.add_argument("--name", help="name of the sweep (default: the config's)")
    parser.add_argument("--seeds", type=int, nargs="+", metavar="N", help="instead of the config's")
    parser.add_argument(
        "--grid",
        nargs="+",
        default=[],
        action="extend",
        metavar="path=[a,b]",
        help="add an axis: a list, or a dict that names its values",
    )
    parser.add_argument(
        "--baseline",
        nargs="+",
        metavar="axis=label",
        help="compare each row with the row of these labels",
    )
    parser.add_argument("--workers", type=int, default=1, help="runs at once (default: 1)")
    parser.add_argument("--executor", default="local", help="local, submitit or ray")
    parser.add_argument(
        "--executor-options", nargs="+", default=[], metavar="name=value", help="for the executor"
    )
    parser.add_argument("--dry-run", action="store_true", help="show the plan and end")
    parser.add_argument(
        "--check", action="store_true", help="start finished runs too: they look at their data"
    )
    parser.add_argument("--metrics", nargs="+", metavar="METRIC", help="columns; the last decides")
    parser.add_argument("--by-task", action="store_true", help="a line for each task")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="quality against cost")
    form = parser.add_mutually_exclusive_group()
    for name in ("markdown", "latex", "csv", "json"):
        form.add_argument(f"--{name}", action="store_true", help=f"print the table as {name}")
    parser.set_defaults(handler=handle)


def handle(arguments: argparse.Namespace) -> int:
    from ..config.shipped import find

    use_passive_waiting()
    if arguments.workers < 1:
        raise ConfigError(f"--workers: expected at least 1, got {arguments.workers}")
    check_picture(arguments.picture)  # told now, and not after the last run
    config = find(arguments.config)
    machine = any(getattr(arguments, form) for form in ("markdown", "latex", "csv", "json"))
    arguments.quiet = arguments.quiet or machine
    greet(f"{config}", arguments)
    from ..sweep import sweep as made

    one = made.prepare(
        config, _declared(arguments), arguments.cfg_options, arguments.name, arguments.work_dir
    )
    outcomes = _run(one, arguments)
    if outcomes is None:
        return 0
    failed = [outcome for outcome in outcomes if outcome.state == "failed"]
    if len(failed) < len(outcomes):
        table = made.tabulate(one, outcomes)
        folder = made.write(one, table, arguments.metrics)
        _print(table, arguments, folder)
        if arguments.picture is not None:
            from ..sweep.picture import picture

            picture(table, arguments.picture)
    return 1 if failed else 0


def _declared(arguments: argparse.Namespace) -> dict[str, Any]:
    from ..config.overrides import literal

    more: dict[str, Any] = {}
    if arguments.seeds:
        more["seeds"] = arguments.seeds
    if arguments.grid:
        more["grid"] = {k: literal(v) for k, v in _pairs("--grid", arguments.grid).items()}
    if arguments.baseline:
        more["baseline"] = _pairs("--baseline", arguments.baseline)
    return more


def _pairs(option: str, words: list[str]) -> dict[str, str]:
    pairs = {}
    for word in words:
        name, separator, value = word.partition("=")
        if not separator or not name:
            raise ConfigError(f"{option} {word!r}: expected name=value")
        pairs[name] = value
    return pairs


def _run(one: Sweep, arguments: argparse.Namespace) -> list[Outcome] | None:
    """Run what has no result; None after a dry run."""
    from rich.console import Console
    from rich.markup import escape

    from ..config.overrides import literal
    from ..run.locks import locked
    from ..sweep.launch import executor
    from ..sweep.schedule import finished, run_cells

    console = Console(stderr=arguments.quiet)
    present = [] if arguments.check else finished(one.cells, one.files)
    if not arguments.quiet:
        _plan(one, len(present), arguments.workers, console)
    if arguments.dry_run:
        return None
    options = {
        name: literal(value)
        for name, value in _pairs("--executor-options", arguments.executor_options).items()
    }

    def waiting(holder: str) -> None:
        console.print(f"waiting for {escape(holder)}")

    words = f"the same sweep, {one.name}"
    with (
        locked(arguments.work_dir, f"sweep-{one.name}", words, waiting),
        executor(arguments.executor, arguments.workers, one.files.folder, options) as launch,
        _progress(one, len(present), arguments.quiet, console) as report,
    ):
        return run_cells(one.cells, present, one.files, launch, arguments.workers, report)


def _plan(one: Sweep, present: int, workers: int, console: Console) -> None:
    from rich.text import Text

    from ..terminal.lines import print_line
    from ..terminal.sheet import Sheet

    declared = one.declared
    axes = [
        *([["case", ", ".join(declared.cases)]] if declared.cases else []),
        *([path, ", ".join(labels)] for path, labels in declared.grid.items()),
        ["seed", ", ".join(map(str, declared.seeds))],
    ]
    Sheet(["axis", "values"], axes).show(console)
    teachers = {cell.shares for cell in one.cells} - {None}
    words = f"{len(one.cells)} runs, {present} with a result; teachers to train: {len(teachers)}"
    print_line(console, Text(f"{words}; {workers} at once, in {one.files.folder}"))


class _progress:
    """A bar on a terminal, a line for each run elsewhere; failures are always a line."""

    def __init__(self, one: Sweep, present: int, quiet: bool, console: Console) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
        from rich.progress import TimeElapsedColumn as Elapsed

        self._done, self._total = present, len(one.cells)
        self._console, self._quiet = console, quiet
        self._bar = Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Elapsed(),
            TextColumn("{task.fields[note]}", markup=False), console=console, transient=True,
            disable=quiet or not console.is_terminal,
        )  # fmt: skip
        self._task = self._bar.add_task("runs", total=self._total, completed=present, note="")

    def __enter__(self) -> Any:
        self._bar.start()
        return self.report

    def __exit__(self, *_: Any) -> None:
        self._bar.stop()

    def report(self, outcome: Outcome) -> None:
        from rich.text import Text

        from ..terminal.lines import print_line, say

        self._done += 1
        self._bar.update(self._task, completed=self._done, note=outcome.cell.name)
        if outcome.state == "failed":
            say(f"failed: {outcome.cell.name}: {outcome.problem}")
        elif not self._quiet:
            seconds = f", {outcome.seconds:.0f} s" if outcome.seconds is not None else ""
            line = f"{self._done:>4} of {self._total}  {outcome.cell.name}{seconds}"
            print_line(self._console, Text(line))


def _print(table: dict[str, Any], arguments: argparse.Namespace, folder: Path) -> None:
    from rich.console import Console
    from rich.text import Text

    from ..sweep.table import csv_sheet, latex, markdown, sheets
    from ..terminal.lines import print_line
    from ..tools.terminal import safe_json

    shown = sheets(table, arguments.metrics, arguments.by_task)
    if arguments.json:
        print(safe_json(table))
    elif arguments.csv:
        print(csv_sheet(table).csv(), end="")
    elif arguments.latex:
        print("\n".join(map(latex, shown)), end="")
    elif arguments.markdown:
        print(markdown(shown), end="")
    else:
        console = Console()
        for one in shown:
            one.show(console)
        print_line(console, Text(str(folder)))
