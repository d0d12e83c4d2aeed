"""reidbench data derive: infrared and sketch versions of photos."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from reidbench_registry import ConfigError, DataError, UnknownEntryError, did_you_mean

from ..shared import check_folder
from .shared import parser, reporter

EPILOG = """examples:
  reidbench data derive --manifest mine.csv --out mine-derived
  reidbench data derive --manifest mine.csv --out mine-derived --operators sketch=LineSketch \\
      --cfg-options sketch.strength=2 --format jpeg

What is there is kept: the same command continues one that was interrupted.
"""
OPERATORS = ("ir=ChannelMix", "sketch=LineSketch")


def add_parser(actions: argparse._SubParsersAction) -> None:
    derive = parser(actions, "derive", "make infrared and sketch versions of photos", EPILOG)
    derive.add_argument("--manifest", type=Path, required=True, help="photos, and captions if any")
    derive.add_argument("--out", type=Path, required=True, help="folder of the result")
    derive.add_argument(
        "--operators",
        nargs="+",
        default=list(OPERATORS),
        metavar="modality=transform",
        help=f"what makes which modality (default: {' '.join(OPERATORS)})",
    )
    derive.add_argument(
        "--cfg-options",
        nargs="+",
        default=[],
        action="extend",
        metavar="modality.argument=value",
        help="arguments of the operators",
    )
    derive.add_argument(
        "--seed", type=int, default=0, help="of the operators' random numbers (default: 0)"
    )
    derive.add_argument(
        "--format",
        choices=("png", "jpeg"),
        default="png",
        help="of the pictures: lossless, or JPEG of quality 95 (default: png)",
    )
    derive.add_argument("--table", choices=("parquet", "csv", "jsonl"), default="parquet",
                        help="form of the new manifest (default: parquet)")  # fmt: skip
    derive.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, help="processes (default: one a processor)"
    )
    derive.set_defaults(handler=handle)


def handle(arguments: argparse.Namespace) -> int:
    from ...config import overrides
    from ...config.check import check_entry
    from ...pluginhost import PluginHost

    if arguments.jobs < 1:
        raise ConfigError(f"--jobs {arguments.jobs}: expected a number from 1")
    if arguments.seed < 0:
        raise ConfigError(f"--seed {arguments.seed}: expected a number from 0")
    check_folder("--out", arguments.out)
    host = PluginHost()
    operators = _operators(arguments.operators)
    overrides.apply(operators, arguments.cfg_options)
    for modality, cfg in operators.items():
        check_entry("transform", cfg, f"--operators {modality}", False, host)

    from ...data.derive import Operator, derive
    from ...tools.manifest import read_manifest, write_manifest

    table = arguments.out / f"manifest.{arguments.table}"
    if arguments.manifest.resolve() == table.resolve():
        raise ConfigError(f"--out {arguments.out}: the manifest would overwrite the one it is from")
    records = read_manifest(arguments.manifest)
    entries = [
        Operator(
            modality,
            host.find("transform", cfg["type"]),
            {k: v for k, v in cfg.items() if k != "type"},
        )
        for modality, cfg in operators.items()
    ]
    try:
        made = derive(
            records,
            entries,
            arguments.out,
            arguments.seed,
            arguments.format,
            arguments.jobs,
            reporter().track,
        )
    except DataError as error:
        from ...terminal.lines import say

        for problem in error.problems[1:]:
            say(problem)
        raise
    write_manifest(table, made.records)

    from rich.console import Console
    from rich.text import Text

    from ...terminal.lines import print_line

    console = Console()
    for line in (*made.notes, str(table)):
        print_line(console, Text(line))
    return 0


def _operators(given: list[str]) -> dict[str, Any]:
    """modality -> config of its operator"""
    from reidbench_registry import MODALITIES

    pictures = [m for m in MODALITIES if m not in ("rgb", "text")]
    operators: dict[str, Any] = {}
    for word in given:
        modality, separator, name = word.partition("=")
        if not separator or not name:
            raise ConfigError(
                f"--operators {word!r}: expected modality=transform, as {' '.join(OPERATORS)}"
            )
        if modality not in pictures:
            raise UnknownEntryError(
                f"--operators {word!r}: unknown modality {modality!r}"
                f"{did_you_mean(modality, pictures)} (modalities: {', '.join(pictures)})"
            )
        if modality in operators:
            raise ConfigError(f"--operators: {modality} is given twice")
        operators[modality] = {"type": name}
    return operators
