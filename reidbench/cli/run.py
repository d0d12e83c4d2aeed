"""reidbench run: train, distil and evaluate what a config describes."""

from __future__ import annotations

import argparse
from pathlib import Path

from reidbench_registry import DataError

from .shared import add_options, show, use_passive_waiting

EPILOG = """examples:
  reidbench run configs/distill_pcm_fr.py
  reidbench run configs/distill_pcm_fr.py --seed 1 --work-dir /data/runs
  reidbench run configs/distill_pcm_fr.py --cfg-options student.train.distillers.0.weight=0.3
  reidbench run configs/paper/teacher_qwen2vl_2b.py --dry-run

Stages whose output is present are skipped, so an interrupted run continues, and runs that share a
teacher train it once. A training that was interrupted continues from its last checkpoint.
"""


def add_parser(verbs: argparse._SubParsersAction) -> None:
    parser = verbs.add_parser(
        "run",
        help="train, distil and evaluate what a config describes",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("config", type=Path, help="a .py, .json or .toml config")
    add_options(parser)
    parser.add_argument("--seed", type=int, help="short for --cfg-options run.seed=N")
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="check everything, say what would run and what would be trained, and end",
    )
    parser.set_defaults(handler=handle)


def handle(arguments: argparse.Namespace) -> int:
    use_passive_waiting()
    if arguments.dry_run:
        from ..run.dry import dry_run

        whole = dry_run(arguments.config, arguments.cfg_options, arguments.seed, arguments.work_dir)
        if not whole:
            raise DataError("something that the run needs is missing (see above)")
        return 0
    from ..run import runner

    context = runner.prepare(
        arguments.config, arguments.cfg_options, arguments.seed, arguments.work_dir
    )
    record = runner.execute(context)
    if record is not None:
        show(context, record)
    return 0
