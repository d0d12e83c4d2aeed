"""reidbench plugins: which plugin packages are installed, are they healthy, do they conform."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import tempfile
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reidbench_registry import CheckFailed, Entry, PluginError, did_you_mean

if TYPE_CHECKING:
    from reidbench_registry.testing import Outcome

    from ..pluginhost import PluginStatus


def add_parser(verbs: argparse._SubParsersAction) -> None:
    parser = verbs.add_parser(
        "plugins",
        help="which plugin packages are installed, and are they healthy",
        epilog=(
            "examples:\n"
            "  reidbench plugins\n"
            "  reidbench plugins --json\n"
            "  reidbench plugins check reidbench_losses"
        ),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(handler=handle)
    check = parser.add_subparsers(title="verbs", metavar="VERB").add_parser(
        "check",
        help="hold every entry of a plugin against the contract of its kind",
        description="Runs the conformance kit on every entry of a plugin; exit code 1 when "
        "something does not hold.",
    )
    check.add_argument("name", help="a plugin, as `reidbench plugins` names it")
    check.add_argument("--json", action="store_true", help="print JSON")
    check.set_defaults(handler=handle_check)


def handle(arguments: argparse.Namespace) -> int:
    from ..pluginhost import PluginHost

    plugins = PluginHost().plugins
    if arguments.json:
        print(json.dumps([asdict(p) for p in plugins], indent=2))
        return 0

    from rich.console import Console
    from rich.markup import escape

    table = _table("plugin", "status", "entries", "distribution", "version")
    for p in plugins:
        style = {"broken": "red", "disabled": "dim"}.get(p.status, "")
        words = (p.name, p.status, str(p.entries), p.distribution, p.version)
        table.add_row(*map(escape, words), style=style)
    console = Console()
    console.print(table)
    # Below the table: a reason takes a line, and a column would be too narrow for it.
    for p in plugins:
        for note in (p.reason, f"printed {p.printed.splitlines()[0]!r}" if p.printed else None):
            if note:
                console.print(f"{escape(p.name)}: {escape(note)} [dim]({escape(p.file or '')})[/]")
    return 0


def handle_check(arguments: argparse.Namespace) -> int:
    from ..pluginhost import PluginHost

    host = PluginHost()
    plugin = _find(host.plugins, arguments.name)
    if plugin.status != "ok":
        raise CheckFailed(f"the plugin {plugin.name!r} is {plugin.status}: {plugin.reason or ''}")
    outcomes = _outcomes(host.entries_of(plugin.name))
    if arguments.json:
        print(json.dumps([_row(o) for o in outcomes], indent=2))
    else:
        _show(outcomes)
    return int(any(o.status == "failed" for o in outcomes))


def _find(plugins: list[PluginStatus], name: str) -> PluginStatus:
    named = [p for p in plugins if p.name.replace("-", "_") == name.replace("-", "_")]
    if not named:
        names = [p.name for p in plugins]
        raise PluginError(
            f"no plugin {name!r} is installed{did_you_mean(name, names)} "
            f"(installed: {', '.join(names)})"
        )
    return named[0]


def _outcomes(entries: list[Entry]) -> list[Outcome]:
    from rich.console import Console
    from rich.markup import escape

    from reidbench_registry.testing import cases_of

    outcomes = []
    with Console(stderr=True).status("") as status:
        for case in cases_of(entries):
            status.update(escape(str(case)))
            # An entry may print; our output may be JSON.
            with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(sys.stderr):
                outcomes.append(case.outcome(Path(folder)))
    return outcomes


def _row(outcome: Outcome) -> dict[str, str]:
    entry = outcome.case.entry
    return {
        "kind": entry.kind,
        "name": entry.name,
        "check": outcome.case.name,
        "says": outcome.case.says,
        "status": outcome.status,
        "detail": outcome.detail,
    }


def _show(outcomes: list[Outcome]) -> None:
    from rich.console import Console
    from rich.markup import escape

    table = _table("kind", "entry", "passed", "skipped", "failed", "what does not hold")
    for entry in dict.fromkeys(o.case.entry for o in outcomes):
        of_entry = [o for o in outcomes if o.case.entry == entry]
        counts = Counter(o.status for o in of_entry)
        lines = [f"{o.case.name}: {o.detail}" for o in of_entry if o.status == "failed"]
        numbers = (str(counts[s]) for s in ("passed", "skipped", "failed"))
        style = "red" if lines else ""
        table.add_row(entry.kind, entry.name, *numbers, escape("\n".join(lines)), style=style)
    Console().print(table)


def _table(*columns: str) -> Any:
    from rich.table import Table

    table = Table(box=None)
    for column in columns:
        table.add_column(column)
    return table
