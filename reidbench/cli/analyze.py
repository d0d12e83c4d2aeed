"""reidbench analyze: what embeddings look like, beyond their scores."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from reidbench_registry import ConfigError

from ..drawing.figure import check_picture
from ..tools.terminal import safe_json
from .parser import add_verb
from .shared import add_level

EPILOG = """examples:
  reidbench analyze lowrank runs/distill_pcm_fr-seed0
  reidbench analyze lowrank runs/distill_pcm_fr-seed0 --picture lowrank.pdf --width column
"""
LOWRANK = """examples:
  reidbench analyze lowrank runs/distill_pcm_fr-seed0
  reidbench analyze lowrank runs/distill_pcm_fr-seed0 --kept 10 20 50 --json
  reidbench analyze lowrank runs/a-seed0 runs/b-seed0 --no-scores --picture spectra.pdf
  reidbench analyze lowrank features.npz --manifest test.csv --split test

Takes run folders, folders with bank.safetensors and items.json, and files of embeddings (as
`reidbench score`). Spectra are those of the split train where a bank has it, otherwise of all its
items. Scores need a run: its tasks, with the features projected onto the leading k components of
the teacher's train split (not centred, as PCM takes them).
"""


def add_parser(verbs: argparse._SubParsersAction) -> None:
    verb = add_verb(verbs, "analyze", "what embeddings look like, beyond their scores", EPILOG)
    actions = verb.add_subparsers(title="actions", metavar="ACTION", required=True)
    words = "spectra, angles between modalities, scores over kept components"
    lowrank = add_verb(actions, "lowrank", words, LOWRANK)
    add_level(lowrank)
    lowrank.add_argument(
        "sources", nargs="+", type=Path, metavar="RUN_OR_BANK", help="run folders, banks or files"
    )
    lowrank.add_argument("--manifest", type=Path, help="what the items show (a run has its own)")
    lowrank.add_argument("--split", help="the split that spectra are of")
    lowrank.add_argument(
        "--normalize", action="store_true", help="spectra of L2-normalised features"
    )
    lowrank.add_argument(
        "--subspace",
        type=int,
        default=20,
        metavar="K",
        help="leading directions of a modality that angles are taken of (default: 20)",
    )
    kept = lowrank.add_mutually_exclusive_group()
    kept.add_argument(
        "--kept", nargs="+", type=int, metavar="K", help="components (default: powers of two)"
    )
    kept.add_argument("--no-scores", action="store_true", help="no scores over kept components")
    lowrank.add_argument("--picture", type=Path, metavar="FILE", help="a .png, .svg or .pdf file")
    lowrank.add_argument(
        "--width",
        choices=("column", "page"),
        default="page",
        help="of the picture: 3.4 or 7 inches (default: page)",
    )
    lowrank.add_argument("--json", action="store_true", help="print everything as JSON")
    lowrank.set_defaults(handler=handle_lowrank)


def handle_lowrank(arguments: argparse.Namespace) -> int:
    path: Path | None = arguments.picture
    check_picture(path)
    for option, numbers in (("--kept", arguments.kept or ()), ("--subspace", [arguments.subspace])):
        if any(number < 1 for number in numbers):
            raise ConfigError(f"{option} {min(numbers)}: expected numbers from 1")
    from rich.console import Console

    from ..analysis.lowrank import Options, analyze
    from ..analysis.sources import read_source
    from ..analysis.table import sheets
    from ..pluginhost import PluginHost
    from ..terminal.reporter import Reporter

    host = PluginHost()
    kept = () if arguments.no_scores else arguments.kept
    options = Options(arguments.split, arguments.subspace, arguments.normalize, kept)
    # Progress goes to stderr: stdout is the result alone.
    track = Reporter(Path(os.devnull), Console(stderr=True)).track
    results = [
        analyze(read_source(source, arguments.manifest, host), options, host, track)
        for source in arguments.sources
    ]
    if path is not None:
        from ..analysis.picture import picture

        picture(results, path, arguments.width)
    if arguments.json:
        print(safe_json(results))
        return 0
    console = Console()
    for number, sheet in enumerate(sheets(results)):
        if number:
            console.print()
        sheet.show(console)
    return 0
