"""reidbench data info: which data sets there are, or the card of one."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from reidbench_registry import ReidbenchError

from ...tools.terminal import LINE, cell, safe, safe_json
from .shared import counts_table, parser

if TYPE_CHECKING:
    from ...pluginhost import PluginHost


def add_parser(actions: argparse._SubParsersAction) -> None:
    info = parser(actions, "info", "which data sets there are, or the card of one", "")
    info.add_argument("name", nargs="?", help="a data set")
    info.add_argument("--json", action="store_true", help="print JSON")
    info.set_defaults(handler=handle)


def handle(arguments: argparse.Namespace) -> int:
    from ...pluginhost import PluginHost

    host = PluginHost()
    if arguments.name:
        return _show_card(arguments.name, arguments.json, host)
    from ...data.cards import card_of, total

    rows: list[dict[str, Any]] = []
    for entry in host.catalog.entries("dataset"):
        row: dict[str, Any] = {"name": entry.name, "distribution": entry.owner.distribution}
        try:
            card = card_of(entry)
        except ReidbenchError as error:
            rows.append(row | {"problem": str(error)})
            continue
        row |= {
            "card": card.name,
            "modalities": list(card.modalities),
            "identities": total(card, "identities"),
            "images": total(card, "images"),
            "synthetic": card.synthetic,
        }
        rows.append(row)
    if arguments.json:
        print(safe_json(rows))
        return 0

    from rich.console import Console

    from ...terminal.sheet import Sheet

    numbers = ["identities", "images"]
    headings = ["pids", "images"]
    cells = [
        [
            row["name"],
            ", ".join(row.get("modalities", ())),
            *(f"{row[n]:,}" if row.get(n) is not None else "" for n in numbers),
            row.get("problem") or ("synthetic" if row["synthetic"] else ""),
        ]
        for row in rows
    ]
    columns = ["name", "modalities", *headings, "remarks"]
    Sheet(columns, cells, right=headings, title="data sets, numbers as published").show(Console())
    return 0


def _show_card(name: str, as_json: bool, host: PluginHost) -> int:
    from reidbench_registry.signature import signature

    from ...data.cards import card_of

    entry = host.find("dataset", name)
    card = card_of(entry)
    takes = signature(entry).parameters
    if as_json:
        described = {"name": entry.name, "arguments": takes, "card": asdict(card)}
        print(safe_json(described))
        return 0

    from rich.console import Console
    from rich.markdown import Markdown
    from rich.text import Text

    from ...terminal.lines import print_line

    console = Console()
    console.print(cell(card.name, "bold"))
    facts = {
        "entry": entry.qualified,
        "arguments": ", ".join(name for name, needed in takes.items() if needed),
        "optional": ", ".join(name for name, needed in takes.items() if not needed),
        "modalities": ", ".join(card.modalities),
        "synthetic": "yes: no camera took the images" if card.synthetic else "",
        "licence": card.licence,
        "access": card.access,
        "citation": card.citation,
        "protocols": ", ".join(card.protocols),
    }
    width = max(map(len, facts)) + 2
    for key, value in facts.items():
        if value:
            line = Text.assemble((f"{key:<{width}}", "bold"), value)
            print_line(console, line, width)
    if card.counts:
        from ...data.index import published

        counts_table(published(card)).show(console)
    # Lines of a description are its own; everything else in it is only shown.
    description = "\n".join(safe(line, LINE) for line in card.description.strip().split("\n"))
    if console.is_terminal:
        console.print(Markdown(description))
    else:
        print(description)
    return 0
