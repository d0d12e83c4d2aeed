"""reidbench plugins: which plugin packages are installed, and are they healthy."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict


def add_parser(verbs: argparse._SubParsersAction) -> None:
    parser = verbs.add_parser(
        "plugins",
        help="which plugin packages are installed, and are they healthy",
        epilog="examples:\n  reidbench plugins\n  reidbench plugins --json",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(handler=handle)


def handle(arguments: argparse.Namespace) -> int:
    from ..pluginhost import PluginHost

    plugins = PluginHost().plugins
    if arguments.json:
        print(json.dumps([asdict(p) for p in plugins], indent=2))
        return 0

    from rich.console import Console
    from rich.table import Table

    table = Table(box=None)
    for column in ("plugin", "status", "entries", "distribution", "version", "reason"):
        table.add_column(column)
    for p in plugins:
        style = {"broken": "red", "disabled": "dim"}.get(p.status, "")
        note = p.reason or (f"printed: {p.printed.splitlines()[0]}" if p.printed else "")
        table.add_row(
            p.name, p.status, str(p.entries), p.distribution, p.version, note, style=style
        )
    Console().print(table)
    return 0
