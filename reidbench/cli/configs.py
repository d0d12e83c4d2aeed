"""reidbench configs: the configs that come with reidbench."""

from __future__ import annotations

import argparse

from reidbench_registry import UnknownEntryError, did_you_mean

from ..tools.terminal import safe_json
from .parser import add_verb

EPILOG = """examples:
  reidbench configs
  reidbench configs distill_cosine
  reidbench run distill_cosine

A config of your own starts from one of them: its line _base_ = ["distill_cosine"] takes all
settings over, and the lines below it change some.
"""


def add_parser(verbs: argparse._SubParsersAction) -> None:
    parser = add_verb(
        verbs, "configs", "list the configs that come with reidbench, or print one", EPILOG
    )
    parser.add_argument("name", nargs="?", help="print this config")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(handler=handle)


def handle(arguments: argparse.Namespace) -> int:
    from ..config.shipped import shipped, summary

    known = shipped()
    if arguments.name and arguments.name not in known:
        raise UnknownEntryError(
            f"no shipped config {arguments.name!r}{did_you_mean(arguments.name, known)} "
            f"(shipped: {', '.join(known)})"
        )
    chosen = [arguments.name] if arguments.name else list(known)
    if arguments.json:
        rows = [{"name": n, "says": summary(known[n]), "path": str(known[n])} for n in chosen]
        print(safe_json(rows))
        return 0
    if arguments.name:
        print(known[arguments.name].read_text(encoding="utf-8"), end="")
        return 0

    from rich.console import Console

    from ..terminal.sheet import Sheet

    Sheet(["config", "what it does"], [(n, summary(known[n])) for n in chosen]).show(Console())
    return 0
