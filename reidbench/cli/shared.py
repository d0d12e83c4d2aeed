"""What the verbs that run models share: options, threads, and the end of a run."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..results.record import ResultRecord
    from ..run.context import Context


def add_options(parser: argparse.ArgumentParser) -> None:
    """`--cfg-options` and `--work-dir`."""
    parser.add_argument(
        "--cfg-options",
        nargs="+",
        default=[],
        action="extend",
        metavar="path=value",
        help="change single values of the config; list items by index",
    )
    parser.add_argument(
        "--work-dir", type=Path, default=Path("runs"), help="where run folders go (default: runs)"
    )


def use_passive_waiting() -> None:
    """Let idle OpenMP threads sleep. Call before torch is imported: threads that spin, the default,
    make small steps many times slower as soon as anything else runs on the cores."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("KMP_BLOCKTIME", "0")


def show(context: Context, record: ResultRecord) -> None:
    """The final table, and where the record is."""
    from ..results.table import result_table

    console = context.reporter.console
    console.print()
    console.print(result_table(record))
    console.print(f"{context.run_dir / 'result.json'}", highlight=False, soft_wrap=True)
