"""reidbench run: train, distil and evaluate what a config describes."""

from __future__ import annotations

import argparse

from reidbench_registry import DataError

from .parser import add_verb
from .shared import add_options, greet, show, use_passive_waiting

EPILOG = """examples:
  reidbench run distill_pcm_fr
  reidbench run my_config.py --seed 1 --work-dir /data/runs
  reidbench run distill_pcm_fr --cfg-options student.train.distillers.0.weight=0.3
  reidbench run paper/teacher_qwen2vl_2b --dry-run

A Python config is a program: run only those that you trust. `reidbench configs` lists the shipped
ones.

Stages whose output is present are skipped, so an interrupted run continues, and runs that share a
teacher train it once. A training that was interrupted continues from its last checkpoint.
"""


def add_parser(verbs: argparse._SubParsersAction) -> None:
    parser = add_verb(verbs, "run", "train, distil and evaluate what a config describes", EPILOG)
    parser.add_argument("config", help="a .py, .json or .toml file, or a shipped config's name")
    add_options(parser)
    parser.add_argument("--seed", type=int, help="short for --cfg-options run.seed=N")
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="check everything, say what would run and what would be trained, and end",
    )
    parser.set_defaults(handler=handle)


def handle(arguments: argparse.Namespace) -> int:
    from ..config.shipped import find

    use_passive_waiting()
    config = find(arguments.config)
    greet(f"{config}", arguments)
    if arguments.dry_run:
        from ..run.dry import dry_run

        whole = dry_run(config, arguments.cfg_options, arguments.seed, arguments.work_dir)
        if not whole:
            raise DataError("something that the run needs is missing (see above)")
        return 0
    from ..run import runner

    context = runner.prepare(config, arguments.cfg_options, arguments.seed, arguments.work_dir)
    context.reporter.show("run", f"{context.run_dir}")
    record = runner.execute(context)
    if record is not None:
        show(context, record)
    return 0
