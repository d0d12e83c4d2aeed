"""reidbench list: which entries exist, and in which plugin."""

from __future__ import annotations

import argparse

from reidbench_registry import KINDS

from ..tools.terminal import safe_json
from .parser import add_verb


def add_parser(verbs: argparse._SubParsersAction) -> None:
    parser = add_verb(
        verbs,
        "list",
        "which entries exist, and in which plugin",
        "examples:\n  reidbench list\n  reidbench list distiller --json",
    )
    parser.add_argument("kind", nargs="?", help=f"one of {', '.join(KINDS)}")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(handler=handle)


def handle(arguments: argparse.Namespace) -> int:
    from ..pluginhost import PluginHost

    entries = PluginHost().catalog.entries(arguments.kind)
    if arguments.json:
        rows = [
            {
                "kind": e.kind,
                "name": e.name,
                "qualified": e.qualified,
                "target": e.target,
                "distribution": e.owner.distribution,
                "version": e.owner.version,
            }
            for e in entries
        ]
        print(safe_json(rows))
        return 0

    from rich.console import Console

    from ..terminal.sheet import Sheet

    columns = ["kind", "name", "package", "distribution", "version"]
    cells = [
        [e.kind, e.name, e.owner.package, e.owner.distribution, e.owner.version] for e in entries
    ]
    Sheet(columns, cells).show(Console())
    return 0
