"""reidbench leaderboard: a folder of submissions whose figures anyone can score again."""

from __future__ import annotations

import argparse

from ..parser import add_verb
from . import add, build, diff, init, reproduce, take, verify

EPILOG = """examples:
  reidbench leaderboard init board --run runs/distill_pcm_fr-seed0
  reidbench leaderboard add runs/mine-seed0 runs/mine-seed1 --dir board --entry mine
  reidbench leaderboard verify --dir board
  reidbench leaderboard build --dir board
"""
ACTIONS = (init, add, verify, reproduce, build, diff, take)


def add_parser(verbs: argparse._SubParsersAction) -> None:
    verb = add_verb(verbs, "leaderboard", "submissions whose figures are scored again", EPILOG)
    actions = verb.add_subparsers(title="actions", metavar="ACTION", required=True)
    for action in ACTIONS:
        action.add_parser(actions)
