"""reidbench eval: the models of a finished run on another data set and protocol."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

EPILOG = """examples:
  reidbench eval runs/distill_pcm_fr-seed0 --config configs/street10.py
  reidbench eval runs/distill_pcm_fr-seed0/distill --config configs/street10.py

Data, protocol, modes and device come from the config, models from the run folder; the config's own
models are not looked at. The result goes into a run folder of its own.
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
    parser.add_argument(
        "--cfg-options",
        nargs="+",
        default=[],
        action="extend",
        metavar="path=value",
        help="change single values of the config",
    )
    parser.add_argument(
        "--work-dir", type=Path, default=Path("runs"), help="where run folders go (default: runs)"
    )
    parser.set_defaults(handler=handle)


def handle(arguments: argparse.Namespace) -> int:
    # As for `run`: threads that wait by sleeping.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("KMP_BLOCKTIME", "0")
    from ..run import transfer
    from ..table import result_table

    context, source = transfer.prepare(
        arguments.run, arguments.config, arguments.cfg_options, arguments.work_dir
    )
    result = transfer.execute(context, source)
    console = context.reporter.console
    console.print()
    console.print(result_table(result))
    console.print(f"{context.run_dir / 'result.json'}", highlight=False, soft_wrap=True)
    return 0
