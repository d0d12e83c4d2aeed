"""The page of a leaderboard: one HTML file that holds its style, its scripts and its data."""

from __future__ import annotations

from typing import Any

from ...web.whole import whole_page
from .compact import compact

STYLE = (
    "web/base", "web/parts", "page", "table", "details", "web/print", "print"
)  # fmt: skip
SCRIPT = (
    "web/text", "web/terms", "web/themes", "web/plots", "places", "data", "filters", "state",
    "columns", "table", "details", "plot", "main",
)  # fmt: skip


def page(board: dict[str, Any]) -> str:
    """The text of index.html for a board (the value that `leaderboard.json` holds). It asks the
    network for nothing. All strings of the board are text."""
    return whole_page(
        __package__,
        STYLE,
        SCRIPT,
        compact(board),
        title=board["title"],
        description=board.get("description") or "",
        version=board.get("reidbench") or "",
    )
