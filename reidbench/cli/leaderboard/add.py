"""reidbench leaderboard add: runs or embeddings as a submission."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from reidbench_registry import ConfigError

from ...tools.terminal import LINE, safe
from ..parser import add_verb
from .shared import add_dir

EPILOG = """examples:
  reidbench leaderboard add runs/mine-seed0 runs/mine-seed1 runs/mine-seed2 --dir board \\
      --entry mine --title "My student" --mode edge edge-cloud --dtype fp16
  reidbench leaderboard add features.npz --dir board --entry theirs --mode edge --seed 0 \\
      --selection test --trained-on LAION-2B CUHK-PEDES

A run folder, or several of one config that differ in their seed; or one file of embeddings (as
`reidbench score`). Features by item id are written, never pictures, captions or pids. The claimed
figures are computed from the files that are written. The submission is the folder
submissions/ENTRY: send it as it is.
"""


def add_parser(actions: argparse._SubParsersAction) -> None:
    parser = add_verb(actions, "add", "make a submission from runs or embeddings", EPILOG)
    parser.add_argument(
        "sources", nargs="+", type=Path, metavar="RUN_OR_EMBEDDINGS", help="what is submitted"
    )
    add_dir(parser)
    parser.add_argument("--entry", required=True, help="name of the submission")
    parser.add_argument("--benchmark", help="where there are several")
    parser.add_argument("--title", help="how the row is called (default: the name)")
    parser.add_argument("--authors", help="who made it")
    parser.add_argument("--url", help="where to read about it (https://...)")
    parser.add_argument("--description", help="what it is, in some words")
    parser.add_argument("--mode", nargs="+", help="of runs: only these; of embeddings: its name")
    parser.add_argument(
        "--dtype", choices=("fp16", "fp32"), help="of the stored features (default: as they are)"
    )
    parser.add_argument(
        "--trained-on", nargs="+", default=[], metavar="NAME", help="data sets that the weights saw"
    )
    files = parser.add_argument_group("for embeddings")
    files.add_argument("--gallery-embeddings", type=Path, help="when another model made them")
    files.add_argument("--seed", type=int, help="of the training")
    files.add_argument(
        "--selection",
        choices=("last", "val", "test", "untrained"),
        help="how the weights were chosen: the last step's, the best on val, or on test",
    )
    files.add_argument("--tta", metavar="WORDS", help="test-time augmentation, where there was any")
    parser.set_defaults(handler=handle)


def handle(arguments: argparse.Namespace) -> int:
    from ...leaderboard.add import About, Source, add, from_files, from_run
    from ...leaderboard.benchmark import Benchmark
    from ...leaderboard.repository import NAME, Repository

    if not re.fullmatch(NAME, arguments.entry):
        raise ConfigError(f"--entry {arguments.entry!r}: letters, digits, . _ and -, at most 80")
    if arguments.url and not arguments.url.startswith(("https://", "http://")):
        raise ConfigError(f"--url {arguments.url!r}: expected https://...")
    repository = Repository.open(arguments.dir)
    name = repository.chosen_benchmark(arguments.benchmark)
    benchmark = Benchmark.read(repository.benchmark(name))
    runs = [path for path in arguments.sources if path.is_dir()]
    of_files = {
        "--gallery-embeddings": arguments.gallery_embeddings,
        "--seed": arguments.seed,
        "--selection": arguments.selection,
        "--tta": arguments.tta,
    }
    sources: list[Source]
    if runs:
        if len(runs) < len(arguments.sources):
            raise ConfigError("run folders and files of embeddings cannot be one entry")
        if given := [option for option, value in of_files.items() if value is not None]:
            raise ConfigError(f"{given[0]} is for embeddings: a run's result says it")
        sources = [from_run(path, arguments.mode) for path in runs]
    else:
        if len(arguments.sources) > 1:
            raise ConfigError(
                "expected one file of embeddings (the gallery's: --gallery-embeddings)"
            )
        if len(arguments.mode or ()) != 1:
            raise ConfigError("--mode: name the mode of the embeddings (edge, cloud, ...)")
        sources = [
            from_files(
                arguments.sources[0],
                arguments.gallery_embeddings,
                arguments.mode[0],
                arguments.seed,
                arguments.selection,
                arguments.tta,
            )
        ]
    about = About(
        arguments.entry,
        arguments.title or arguments.entry,
        arguments.authors,
        arguments.url,
        arguments.description,
    )
    folder = repository.submission(arguments.entry)
    lines = add(benchmark, folder, sources, about, arguments.dtype, arguments.trained_on)
    for line in lines:
        print(safe(line, LINE), file=sys.stderr)
    from rich.console import Console

    from ...leaderboard.submission import RECORD
    from ...results import record
    from ...results.table import result_table

    result_table(record.read(folder / RECORD)).show(Console())
    print(folder)
    return 0
