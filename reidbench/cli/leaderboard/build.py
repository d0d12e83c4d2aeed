"""reidbench leaderboard build: page, README and tables from the results."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..parser import add_verb
from .shared import add_dir, add_forms, show

EPILOG = """examples:
  reidbench leaderboard build --dir board
  reidbench leaderboard build --dir board --check

Writes page/index.html (one file, works offline), page/leaderboard.json, page/leaderboard.csv,
and README.md from results/, benchmarks/ and reported.csv. --check writes nothing, and fails (exit
code 1) when a file is not what would be written. --export writes the same for other sites: records
in the schema of Every Eval Ever, and a .eval_results file for each entry as the Hugging Face Hub
reads it.
"""


def add_parser(actions: argparse._SubParsersAction) -> None:
    parser = add_verb(actions, "build", "write the page, README and tables", EPILOG)
    add_dir(parser)
    parser.add_argument("--check", action="store_true", help="write nothing: are they up to date?")
    parser.add_argument("--export", type=Path, metavar="DIR", help="formats of other sites, too")
    add_forms(parser)
    parser.set_defaults(handler=handle)


def handle(arguments: argparse.Namespace) -> int:
    from ...leaderboard.build import build, export, stale
    from ...leaderboard.repository import Repository
    from ...terminal.sheet import Sheet

    repository = Repository.open(arguments.dir)
    made, paths = (stale if arguments.check else build)(repository)
    root = repository.root
    words = "not up to date" if arguments.check else "written"
    rows = [[str(root / path), words] for path in paths]
    if arguments.export:
        exported = export(made, arguments.export)
        rows.append([f"{arguments.export}: {len(exported)} files", "written"])
    if not rows:
        rows = [[str(root), "up to date"]]
    plain = {"rows": len(made["rows"]), ("stale" if arguments.check else "written"): paths}
    fine = not (arguments.check and paths)
    title = f"leaderboard of {len(made['rows'])} rows"
    return show(arguments, title, [Sheet(["file", "what"], rows)], plain, fine)
