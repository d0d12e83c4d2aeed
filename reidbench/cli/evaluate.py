"""reidbench eval: the models of a finished run on another data set and protocol."""

from __future__ import annotations

import argparse
from pathlib import Path

from .parser import add_verb
from .shared import add_options, greet, show, use_passive_waiting

EPILOG = """examples:
  reidbench eval runs/distill_pcm_fr-seed0 --config street10
  reidbench eval runs/distill_pcm_fr-seed0/distill --config my_config.py

Data, protocol, modes and device come from the config, models from the run folder; the config's own
models are ignored, and it needs none. The result goes into a run folder of its own.
"""


def add_parser(verbs: argparse._SubParsersAction) -> None:
    parser = add_verb(verbs, "eval", "evaluate a finished run's models on another data set", EPILOG)
    parser.add_argument("run", type=Path, help="a run folder, or teacher/ or distill/ in one")
    parser.add_argument(
        "--config", required=True, help="a .py, .json or .toml file, or a shipped config's name"
    )
    add_options(parser)
    parser.set_defaults(handler=handle)


def handle(arguments: argparse.Namespace) -> int:
    from ..config.shipped import find

    use_passive_waiting()
    config = find(arguments.config)
    greet(f"{arguments.run} on {config}", arguments)
    from ..run import runner, transfer

    context, other = transfer.prepare(
        arguments.run, config, arguments.cfg_options, arguments.work_dir
    )
    context.reporter.show("run", f"{context.run_dir}")
    record = runner.execute(context, other)
    if record is not None:
        show(context, record)
    return 0
