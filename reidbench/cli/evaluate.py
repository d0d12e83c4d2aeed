"""reidbench eval: the models of a finished run on another data set and protocol."""

from __future__ import annotations

import argparse
from pathlib import Path

from .shared import add_options, show, use_passive_waiting

EPILOG = """examples:
  reidbench eval runs/distill_pcm_fr-seed0 --config configs/street10.py
  reidbench eval runs/distill_pcm_fr-seed0/distill --config configs/street10.py

Data, protocol, modes and device come from the config, models from the run folder; the config's own
models are ignored, and it needs none. The result goes into a run folder of its own.
"""


def add_parser(verbs: argparse._SubParsersAction) -> None:
    parser = verbs.add_parser(
        "eval",
        help="evaluate a finished run's models on another data set",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("run", type=Path, help="a run folder, or teacher/ or distill/ in one")
    parser.add_argument("--config", type=Path, required=True, help="a .py, .json or .toml config")
    add_options(parser)
    parser.set_defaults(handler=handle)


def handle(arguments: argparse.Namespace) -> int:
    use_passive_waiting()
    from ..run import runner, transfer

    context, source = transfer.prepare(
        arguments.run, arguments.config, arguments.cfg_options, arguments.work_dir
    )
    record = runner.execute(context, source)
    if record is not None:
        show(context, record)
    return 0
