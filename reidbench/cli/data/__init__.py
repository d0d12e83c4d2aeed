"""reidbench data: check a data set, read its card, write its manifest, derive what it lacks."""

from __future__ import annotations

import argparse

from . import check, derive, export, info
from .shared import parser

EPILOG = """examples:
  reidbench data info
  reidbench data check SYSU-MM01 --root /data/SYSU-MM01
  reidbench data export Market-1501 --root /data/Market-1501-v15.09.15 --out market
  reidbench data derive --manifest mine.csv --out mine-derived
"""


def add_parser(verbs: argparse._SubParsersAction) -> None:
    words = "check a data set, read its card, write its manifest, derive modalities"
    actions = parser(verbs, "data", words, EPILOG).add_subparsers(
        title="actions", metavar="ACTION", required=True
    )
    for action in (check, info, export, derive):
        action.add_parser(actions)
