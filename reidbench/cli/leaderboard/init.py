"""reidbench leaderboard init: a new leaderboard, or a new benchmark in one."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reidbench_registry import ConfigError

from ..parser import add_verb
from ..shared import add_task

if TYPE_CHECKING:
    from ...leaderboard.create import Asked

EPILOG = """examples:
  reidbench leaderboard init board --run runs/distill_pcm_fr-seed0 --name qrcm-synthetic
  reidbench leaderboard init board --manifest test.csv --protocol qrcm/distill --name qrcm
  reidbench leaderboard init board --manifest public.csv --private hidden.csv --task ir2rgb \\
      --name ir --overlaps SYSU-MM01 ORBench

A benchmark takes its items and tasks from a finished run or from a table of items (as `reidbench
score`). Its folder gets item ids, pids, cameras and what else the tasks need, no pictures and no
captions. Of --private only the ids are copied: keep that table to yourself, and give it to
`reidbench leaderboard verify --private`. The same command with another --name adds a benchmark to
the leaderboard.
"""


def add_parser(actions: argparse._SubParsersAction) -> None:
    parser = add_verb(actions, "init", "make a leaderboard, or add a benchmark to one", EPILOG)
    parser.add_argument("dir", type=Path, metavar="DIR", help="the leaderboard's folder")
    parser.add_argument("--title", help="of the leaderboard (default: the folder's name)")
    parser.add_argument("--name", help="of the benchmark (default: the data set's name)")
    parser.add_argument("--benchmark-title", help="one line about it (default: its name)")
    items = parser.add_mutually_exclusive_group()
    items.add_argument("--run", type=Path, help="a finished run over the benchmark's items")
    items.add_argument("--manifest", type=Path, help="a table of the benchmark's items")
    add_task(parser, required=False)
    parser.add_argument("--private", type=Path, help="a table of items whose pids stay unpublished")
    parser.add_argument(
        "--overlaps",
        nargs="+",
        default=[],
        metavar="NAME",
        help="data sets whose training data overlap with this test",
    )
    parser.set_defaults(handler=handle)


def handle(arguments: argparse.Namespace) -> int:
    if arguments.manifest and not (arguments.task or arguments.protocol):
        raise ConfigError("--manifest: name a --task or a --protocol, too")
    if (arguments.task or arguments.protocol) and not arguments.manifest:
        raise ConfigError("--task and --protocol go with --manifest")
    if arguments.private and not (arguments.manifest or arguments.run):
        raise ConfigError("--private goes with --manifest or --run")
    from ...leaderboard.create import add_benchmark, create
    from ...leaderboard.repository import NAME

    if arguments.name and not re.fullmatch(NAME, arguments.name):
        raise ConfigError(f"--name {arguments.name!r}: letters, digits, . _ and -, at most 80")
    # What is asked for is read first: a mistake leaves nothing behind.
    asked = _asked(arguments) if arguments.run or arguments.manifest else None
    root: Path = arguments.dir
    repository = create(root, arguments.title or root.absolute().name)
    if asked is None:
        print(f"{root}: ready; add a benchmark with --run or --manifest")
        return 0
    name = arguments.name or _slug(asked.card.name)
    title = arguments.benchmark_title or name
    folder = add_benchmark(repository, name, title, asked, arguments.private, arguments.overlaps)
    print(f"{folder}: {', '.join(task.name for task in asked.tasks)}")
    return 0


def _asked(arguments: argparse.Namespace) -> Asked:
    from ...leaderboard import create

    if arguments.run:
        return create.from_run(arguments.run)
    from ...config.overrides import apply
    from ...config.schema import METRICS
    from ...evaluation.chosen import choose
    from ...pluginhost import PluginHost

    cfg: dict[str, Any] = {"type": arguments.task or arguments.protocol}
    apply(cfg, arguments.cfg_options)
    chosen = choose(PluginHost(), "task" if arguments.task else "protocol", cfg)
    return create.from_manifest(arguments.manifest, chosen, METRICS)


def _slug(name: str) -> str:
    return "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "-" for c in name).lower()
