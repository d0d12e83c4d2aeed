"""reidbench list: which entries exist, and in which plugin."""

from __future__ import annotations

import argparse
import json

from reidbench_registry import KINDS


def add_parser(verbs: argparse._SubParsersAction) -> None:
    parser = verbs.add_parser(
        "list",
        help="which entries exist, and in which plugin",
        epilog="examples:\n  reidbench list\n  reidbench list distiller --json",
        formatter_class=argparse.RawDescriptionHelpFormatter,
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
        print(json.dumps(rows, indent=2))
        return 0

    from rich.console import Console
    from rich.table import Table

    table = Table(box=None)
    for column in ("kind", "name", "package", "distribution", "version"):
        table.add_column(column)
    for e in entries:
        owner = e.owner
        table.add_row(e.kind, e.name, owner.package, owner.distribution, owner.version)
    Console().print(table)
    return 0
