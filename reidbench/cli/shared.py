"""What the verbs that run models share: options, threads, and the end of a run."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from reidbench_registry import ConfigError

from .. import distributed

if TYPE_CHECKING:
    from ..results.record import ResultRecord
    from ..run.context import Context


def add_options(parser: argparse.ArgumentParser) -> None:
    """`--cfg-options`, `--work-dir` and how much is shown."""
    parser.add_argument(
        "--cfg-options",
        nargs="+",
        default=[],
        action="extend",
        metavar="path=value",
        help="change single values of the config; list items by index",
    )
    add_work_dir(parser)
    add_level(parser)


def add_work_dir(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--work-dir", type=Path, default=Path("runs"), help="where run folders go (default: runs)"
    )


def add_task(parser: argparse.ArgumentParser, required: bool) -> None:
    """`--task` or `--protocol`, and their arguments: what a table of items is asked."""
    what = parser.add_mutually_exclusive_group(required=required)
    what.add_argument("--task", help="name of a task, or a .json file that describes one")
    what.add_argument("--protocol", help="name of a bundle of tasks")
    parser.add_argument(
        "--cfg-options",
        nargs="+",
        default=[],
        action="extend",
        metavar="argument=value",
        help="arguments of the task or protocol",
    )


def add_level(parser: argparse.ArgumentParser) -> None:
    """`--quiet` and `--verbose`, which `main` applies."""
    level = parser.add_mutually_exclusive_group()
    level.add_argument(
        "-q", "--quiet", action="store_true", help="show the result and errors, nothing else"
    )
    level.add_argument(
        "-v",
        "--verbose",
        action="store_true",
        help="show every line of the log, and where an error came from",
    )


def check_folder(option: str, folder: Path) -> None:
    """Raises ConfigError when a file stands where the option wants a folder."""
    for place in (folder, *folder.parents):
        if place.exists() and not place.is_dir():
            of = "" if place == folder else f" ({place} is one)"
            raise ConfigError(f"{option} {folder}: expected a folder, and this is a file{of}")


def greet(text: str, arguments: argparse.Namespace) -> None:
    """The first sign of life: plain text, before anything heavy is imported."""
    if distributed.is_main() and not arguments.quiet:
        print(f"{'start':>8}  {text}", flush=True)


def use_passive_waiting() -> None:
    """Let idle OpenMP threads sleep. Call before torch is imported: threads that spin, the default,
    make small steps many times slower as soon as anything else runs on the cores."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("KMP_BLOCKTIME", "0")


def show(context: Context, record: ResultRecord) -> None:
    """The final table, and where the record is."""
    from rich.text import Text

    from ..results.table import result_table
    from ..terminal.lines import print_line
    from ..terminal.reporter import LEVEL, Level

    console = context.reporter.console
    if LEVEL.get() > Level.QUIET:
        console.print()
    result_table(record).show(console)
    print_line(console, Text(str(context.run_dir / "result.json")))
