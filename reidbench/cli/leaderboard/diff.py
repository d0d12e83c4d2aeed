"""reidbench leaderboard diff: two states of a leaderboard."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..parser import add_verb
from .shared import add_forms, show

EPILOG = """examples:
  reidbench leaderboard diff before/page/leaderboard.json board

Each side is a leaderboard's folder or its page/leaderboard.json. New rows are fine, and so is a
score that moved by at most 0.001, as another machine may round. A score that changed by more, or
that is gone, is a failure (exit code 1) that names it.
"""


def add_parser(actions: argparse._SubParsersAction) -> None:
    parser = add_verb(actions, "diff", "which figures of a leaderboard have changed", EPILOG)
    parser.add_argument("old", type=Path, metavar="OLD", help="the state before")
    parser.add_argument("new", type=Path, metavar="NEW", help="the state after")
    add_forms(parser)
    parser.set_defaults(handler=handle)


def handle(arguments: argparse.Namespace) -> int:
    from ...leaderboard.diff import diff
    from ...terminal.sheet import Sheet

    changes = diff(arguments.old, arguments.new)
    rows = [[c.what, c.row, _figure(c.old), _figure(c.new)] for c in changes]
    sheet = Sheet(["what", "figure", "old", "new"], rows or [["nothing", "", "", ""]],
                  right=["old", "new"])  # fmt: skip
    plain = [c._asdict() | {"allowed": c.allowed} for c in changes]
    fine = all(c.allowed for c in changes)
    return show(arguments, f"{len(changes)} figures changed", [sheet], plain, fine)


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"
