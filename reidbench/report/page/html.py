"""The page of a report: one HTML file that holds its style, its scripts and its data."""

from __future__ import annotations

from typing import Any

from ...web.whole import whole_page
from .compact import compact
from .pictures import is_file

STYLE = ("web/base", "web/parts", "layout", "ranks", "charts", "web/print", "print")
SCRIPT = (
    "web/text", "web/terms", "web/themes", "web/plots", "data", "state", "tables", "results",
    "hits", "queries", "ranks", "figure", "curves", "similarity", "training", "map", "facts",
    "config", "comparison", "sections", "main",
)  # fmt: skip


def page(report: dict[str, Any]) -> str:
    """The text of report.html for a report (one JSON value, as `reidbench.report.build` makes it).

    Whatever the report lacks, the page lacks. All strings of the report are text. Pictures stand in
    the page, or, where `thumbs` holds file names, in files beside it.
    """
    data = compact(report)
    beside = any(is_file(thumb) for thumb in data["thumbs"] if thumb)
    return whole_page(
        __package__,
        STYLE,
        SCRIPT,
        data,
        images="data: 'self' file:" if beside else "data:",
        title=str(report.get("title") or "Report"),
        version=str(report.get("reidbench") or ""),
    )
