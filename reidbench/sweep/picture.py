"""Quality against cost, as a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from reidbench_registry import ConfigError

from ..drawing.figure import check_drawable, new_figure, save, styled
from .figures import MEAN
from .table import SHOWN, key_of, title

MARKERS = "osD^v<>P"
SPREAD = 0.03
"""Rows of equal cost stand beside each other, this part of their cost apart."""

Point = tuple[float, float, float]
"""GFLOPs of a query, figure in percent, its deviation over seeds"""


def picture(table: Mapping[str, Any], path: Path) -> None:
    """Draw the mean of the main metric over the GFLOPs of a query: a colour for each row, a marker
    for each mode. The suffix decides: .png, .svg or .pdf.

    Raises ConfigError without matplotlib and when no cost is known."""
    check_drawable()
    known = list(dict.fromkeys(row["metric"] for row in table["rows"]))
    metric = SHOWN[-1] if SHOWN[-1] in known else known[0]
    points = _points(table, metric)
    if not points:
        raise ConfigError("a picture of quality against cost needs a cost, and none is known")
    from matplotlib import colormaps
    from matplotlib.lines import Line2D
    from matplotlib.ticker import LogLocator, ScalarFormatter

    modes = list(dict.fromkeys(mode for mode, _ in points))
    rows = list(dict.fromkeys(label for _, label in points))
    colours = colormaps["tab10" if len(rows) <= 10 else "tab20"]
    with styled():
        figure = new_figure("page", 3.6)
        axes = figure.subplots()
        for (mode, label), (x, y, spread) in points.items():
            place = rows.index(label)
            axes.errorbar(
                x * (1 + SPREAD * (place - (len(rows) - 1) / 2)), y, yerr=spread, capsize=2,
                fmt=MARKERS[modes.index(mode) % len(MARKERS)], color=colours(place), markersize=5,
            )  # fmt: skip
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_major_formatter(ScalarFormatter())
        axes.xaxis.minorticks_off()
        axes.margins(x=0.15)
        axes.set_xlabel("GFLOPs of a query (rows of equal cost beside each other)")
        axes.set_ylabel(f"{metric} (%)")
        axes.set_title(title(table), fontsize=8, loc="left")
        axes.grid(alpha=0.25)
        shapes = [
            Line2D([], [], color="0.3", marker=mark, linestyle="", label=mode)
            for mode, mark in zip(modes, MARKERS, strict=False)
        ]
        lines = [
            Line2D([], [], color=colours(place), linewidth=3, label=label)
            for place, label in enumerate(rows)
        ]
        figure.legend(handles=[*shapes, *lines], loc="outside right upper", frameon=False)
        save(figure, path)


def _points(table: Mapping[str, Any], metric: str) -> dict[tuple[str, str], Point]:
    """(mode, row) -> its point. Where all rows of a mode are alike, they are one."""
    task = MEAN if len(table["tasks"]) > 1 else table["tasks"][0]
    names = _names([list(row["labels"].values()) for row in table["rows"]])
    found: dict[str, dict[str, Point]] = {}
    for row in table["rows"]:
        labels = tuple(row["labels"].values())
        cost = table["costs"].get(key_of(labels), {}).get("modes", {}).get(row["mode"], {})
        if cost.get("gflops") and (row["task"], row["metric"]) == (task, metric):
            spread = 100 * (row["deviation"] or 0.0)
            point = cost["gflops"], 100 * row["mean"], spread
            found.setdefault(row["mode"], {})[names[labels]] = point
    points = {}
    for mode, rows in found.items():
        alike = len(rows) > 1 and len({point[1] for point in rows.values()}) == 1
        for label, point in rows.items():
            points[mode, "all rows" if alike else label] = point
    return points


def _names(rows: Sequence[list[str]]) -> dict[tuple[str, ...], str]:
    """labels -> the words that tell them apart: an axis on which all agree is left out."""
    varies = [len(set(column)) > 1 for column in zip(*rows, strict=True)]
    return {
        tuple(row): ", ".join(w for w, v in zip(row, varies, strict=True) if v) or key_of(row)
        for row in rows
    }
