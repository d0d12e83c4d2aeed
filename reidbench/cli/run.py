"""reidbench run: train, distil and evaluate what a config describes."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

EPILOG = """examples:
  reidbench run configs/distill_pcm_fr.py
  reidbench run configs/distill_pcm_fr.py --seed 1 --work-dir /data/runs
  reidbench run configs/distill_pcm_fr.py --cfg-options student.train.distillers.0.weight=0.3

Stages whose output is present are skipped, so an interrupted run continues, and runs that share a
teacher train it once.
"""


def add_parser(verbs: argparse._SubParsersAction) -> None:
    parser = verbs.add_parser(
        "run",
        help="train, distil and evaluate what a config describes",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("config", type=Path, help="a .py, .json or .toml config")
    parser.add_argument(
        "--cfg-options",
        nargs="+",
        default=[],
        action="extend",
        metavar="path=value",
        help="change single values; list items by index",
    )
    parser.add_argument(
        "--work-dir", type=Path, default=Path("runs"), help="where run folders go (default: runs)"
    )
    parser.add_argument("--seed", type=int, help="short for --cfg-options run.seed=N")
    parser.set_defaults(handler=handle)


def handle(arguments: argparse.Namespace) -> int:
    # Before torch is imported: threads that wait by sleeping. The default, spinning, makes small
    # steps many times slower as soon as anything else runs on the cores.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("KMP_BLOCKTIME", "0")
    from ..run import runner
    from ..table import result_table

    context = runner.prepare(
        arguments.config, arguments.cfg_options, arguments.seed, arguments.work_dir
    )
    result = runner.execute(context)
    console = context.reporter.console
    console.print()
    console.print(result_table(result))
    console.print(f"{context.run_dir / 'result.json'}", highlight=False, soft_wrap=True)
    return 0
