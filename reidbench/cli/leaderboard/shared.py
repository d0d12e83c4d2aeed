"""What the actions share: where the leaderboard is, and the end of a check."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...tools.terminal import safe_json

if TYPE_CHECKING:
    from ...terminal.sheet import Sheet


def add_dir(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--dir", type=Path, default=Path(), help="the leaderboard's folder (default: this one)"
    )


def add_forms(parser: argparse.ArgumentParser) -> None:
    forms = parser.add_mutually_exclusive_group()
    forms.add_argument("--json", action="store_true", help="print JSON")
    forms.add_argument("--markdown", action="store_true", help="print Markdown, for a pull request")


def show(
    arguments: argparse.Namespace, title: str, sheets: Sequence[Sheet], plain: Any, fine: bool
) -> int:
    """Print the outcome of a check in the form that was asked for; returns the exit code."""
    if arguments.json:
        print(safe_json(plain))
    elif arguments.markdown:
        print(f"### {title}: {'fine' if fine else 'not fine'}")
        for sheet in sheets:
            print(f"\n{sheet.markdown()}")
    else:
        from rich.console import Console

        console = Console()
        for number, sheet in enumerate(sheets):
            if number:
                console.print()
            sheet.show(console)
    return 0 if fine else 1
