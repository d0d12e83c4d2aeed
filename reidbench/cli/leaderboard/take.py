"""reidbench leaderboard take: the submission of a pull request."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..parser import add_verb
from .shared import add_dir

EPILOG = """examples:
  reidbench leaderboard take proposed --dir board

PROPOSED is a checkout of a pull request, --dir one of the branch that it is for. The new submission
is copied into the leaderboard and its name printed. Anything else that the proposal adds, changes
or removes is refused (exit code 1): a stranger must not bring his own manifest.
"""


def add_parser(actions: argparse._SubParsersAction) -> None:
    parser = add_verb(actions, "take", "take the one new submission of a pull request", EPILOG)
    parser.add_argument("proposed", type=Path, metavar="PROPOSED", help="a changed copy")
    add_dir(parser)
    parser.set_defaults(handler=handle)


def handle(arguments: argparse.Namespace) -> int:
    from ...leaderboard.repository import Repository
    from ...leaderboard.take import take

    repository = Repository.open(arguments.dir)
    print(take(repository, Repository.open(arguments.proposed).root))
    return 0
