"""reidbench leaderboard reproduce: run entries again from their configs."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

from reidbench_registry import ConfigError

from ..parser import add_verb
from ..shared import add_options, use_passive_waiting
from .shared import add_dir, add_forms, show

if TYPE_CHECKING:
    from ...leaderboard.repository import Repository

EPILOG = """examples:
  reidbench leaderboard reproduce --dir board
  reidbench leaderboard reproduce mine --dir board --cfg-options data.root=/data/sysu --check

Runs the config.json of each entry with each of its seeds, with the plugins that are installed here,
and compares with the stored result: a figure below the stored interval is a failure (exit code 1).
Entries without failure are marked as reproduced; --check writes nothing. Without names, all entries
that have a config.
"""


def add_parser(actions: argparse._SubParsersAction) -> None:
    parser = add_verb(actions, "reproduce", "run entries again from their configs", EPILOG)
    parser.add_argument("entries", nargs="*", metavar="ENTRY", help="default: all with a config")
    add_dir(parser)
    add_options(parser)
    parser.add_argument(
        "--workers", type=int, default=1, metavar="N", help="entries at once (default: 1)"
    )
    parser.add_argument("--check", action="store_true", help="write nothing to the leaderboard")
    add_forms(parser)
    parser.set_defaults(handler=handle)


def handle(arguments: argparse.Namespace) -> int:
    if arguments.workers < 1:
        raise ConfigError(f"--workers {arguments.workers}: expected a number from 1")
    use_passive_waiting()
    from ...leaderboard.repository import Repository
    from ...leaderboard.submission import CONFIG
    from ...terminal.sheet import Sheet

    repository = Repository.open(arguments.dir)
    entries = arguments.entries or [
        e for e in repository.results() if (repository.submission(e) / CONFIG).is_file()
    ]
    one = partial(
        _reproduce, repository, arguments.work_dir, arguments.cfg_options, arguments.check
    )
    if arguments.workers == 1:
        found = dict(map(one, entries))
    else:
        # New processes: torch's threads do not survive a fork.
        with ProcessPoolExecutor(arguments.workers, get_context("spawn")) as pool:
            found = dict(pool.map(one, entries))
    rows = [
        [entry, "failed" if problems else "reproduced", problem]
        for entry, problems in found.items()
        for problem in problems or [""]
    ]
    plain = [{"entry": entry, "problems": problems} for entry, problems in found.items()]
    sheet = Sheet(["entry", "status", "what"], rows, group=1)
    fine = not any(found.values())
    return show(arguments, f"{len(found)} entries run again", [sheet], plain, fine)


def _reproduce(
    repository: Repository, work_dir: Path, options: Sequence[str], check: bool, entry: str
) -> tuple[str, list[str]]:
    from ...leaderboard.reproduce import reproduce

    return entry, reproduce(repository, entry, work_dir, options, check)
