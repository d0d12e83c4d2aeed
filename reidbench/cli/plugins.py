"""reidbench plugins: which plugin packages are installed, are they healthy, do they conform."""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from reidbench_registry import CheckFailed, ConfigError, Entry, PluginError, did_you_mean

from ..tools.terminal import cell, safe_json
from .parser import add_verb

if TYPE_CHECKING:
    from rich.text import Text

    from reidbench_registry.testing import Outcome

    from ..pluginhost import PluginStatus


NUMBERS = ("passed", "skipped", "failed")
EPILOG = """examples:
  reidbench plugins
  reidbench plugins --json
  reidbench plugins --isolated
  reidbench plugins check reidbench_losses

--isolated looks at each plugin in a process of its own, with a time limit. It finds the one that
ends or hangs every command, and then answers with exit code 1.
"""


def add_parser(verbs: argparse._SubParsersAction) -> None:
    words = "which plugin packages are installed, and are they healthy"
    parser = add_verb(verbs, "plugins", words, EPILOG)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument(
        "--isolated", action="store_true", help="look at each plugin in a process of its own"
    )
    parser.add_argument(
        "--seconds",
        type=float,
        default=60.0,
        help="with --isolated: how long a plugin may take to load (default: 60)",
    )
    parser.set_defaults(handler=handle)
    check = add_verb(
        parser.add_subparsers(title="verbs", metavar="VERB"),
        "check",
        "hold every entry of a plugin against the contract of its kind",
        "Runs the conformance kit on every entry; exit code 1 when something does not hold.",
    )
    check.add_argument("name", help="a plugin, as `reidbench plugins` names it")
    check.add_argument("--json", action="store_true", help="print JSON")
    check.set_defaults(handler=handle_check)


def handle(arguments: argparse.Namespace) -> int:
    plugins, dangerous = _look(arguments)
    if arguments.json:
        print(safe_json([asdict(p) for p in plugins]))
        return int(dangerous)

    from rich.console import Console
    from rich.text import Text

    from ..terminal.lines import print_line
    from ..terminal.sheet import Sheet

    console = Console()
    rows: list[list[str | Text]] = []
    for p in plugins:
        style = {"broken": "red", "disabled": "dim"}.get(p.status, "")
        words = (p.name, p.status, str(p.entries), p.distribution, p.version)
        rows.append([Text(word, style) for word in words])
    columns = ["plugin", "status", "entries", "distribution", "version"]
    Sheet(columns, rows, right=["entries"]).show(console)
    # Below the table: a reason takes a line, and a column would be too narrow for it.
    for p in plugins:
        for note in (p.reason, f"printed {p.printed.splitlines()[0]!r}" if p.printed else None):
            if note:
                line = Text.assemble(f"{p.name}: {note}", (f" ({p.file})" if p.file else "", "dim"))
                print_line(console, line, 2)
    return int(dangerous)


def _look(arguments: argparse.Namespace) -> tuple[list[PluginStatus], bool]:
    """All plugins, and whether one of them is dangerous to load."""
    if not arguments.isolated:
        from ..pluginhost import PluginHost

        return PluginHost().plugins, False
    if not 0 < arguments.seconds < 1e6:
        raise ConfigError(f"--seconds {arguments.seconds:g}: expected a positive number")
    from ..pluginhost.isolated import look

    looked = list(look(arguments.seconds))
    broken = [f"{p.status.name} ({p.status.reason})" for p in looked if p.status.status == "broken"]
    if arguments.strict_plugins and broken:
        raise PluginError(f"broken plugins: {'; '.join(broken)}")
    return [p.status for p in looked], any(p.dangerous for p in looked)


def handle_check(arguments: argparse.Namespace) -> int:
    from ..pluginhost import PluginHost

    host = PluginHost()
    plugin = _find(host.plugins, arguments.name)
    if plugin.status != "ok":
        raise CheckFailed(f"the plugin {plugin.name!r} is {plugin.status}: {plugin.reason or ''}")
    outcomes = _outcomes(host.entries_of(plugin.name))
    if arguments.json:
        print(safe_json([_row(o) for o in outcomes]))
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

    from reidbench_registry.testing import cases_of

    outcomes = []
    with Console(stderr=True).status("") as status:
        for case in cases_of(entries):
            status.update(cell(case))
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
    from rich.text import Text

    from ..terminal.lines import print_line
    from ..terminal.sheet import Sheet

    rows: list[list[str | Text]] = []
    lines = []
    for entry in dict.fromkeys(o.case.entry for o in outcomes):
        of_entry = [o for o in outcomes if o.case.entry == entry]
        counts = Counter(o.status for o in of_entry)
        words = [entry.kind, entry.name, *(str(counts[s]) for s in NUMBERS)]
        rows.append([Text(word, "red" if counts["failed"] else "") for word in words])
        for detail, checks in _reasons(of_entry).items():
            lines.append(f"{entry.name}: {checks}: {detail}")
    console = Console()
    Sheet(["kind", "entry", *NUMBERS], rows, right=NUMBERS).show(console)
    for line in lines:
        print_line(console, Text(line), 2)


def _reasons(outcomes: list[Outcome]) -> dict[str, str]:
    """What does not hold -> the checks that found it: a package that is missing is said once."""
    checks: dict[str, list[str]] = {}
    for o in outcomes:
        if o.status == "failed":
            checks.setdefault(o.detail, []).append(o.case.name)
    return {
        detail: names[0] if len(names) == 1 else f"{len(names)} checks"
        for detail, names in checks.items()
    }
