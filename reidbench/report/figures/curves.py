"""CMC curves, and how average precision and similarity are spread."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from .series import Series, by_task, legend, outer_labels, panelled, series, shown

SAME: Any = "#009E73", "-", "same person"
DIFFERENT: Any = "#D55E00", "--", "different persons"
TICKS = 1.6
"""Ranks with a label are at least this far apart, as a ratio."""


def cmc(report: Mapping[str, Any], width: str, _: Path | None) -> Iterator[tuple[str, Any]]:
    """The part of queries with a match among the first k, with its 95% band: a panel a task."""
    for figure in _lines(report, "cmc", width, _curve, ("rank k", "R-k (%)"), "o"):
        yield "cmc", figure


def average_precision(
    report: Mapping[str, Any], width: str, _: Path | None
) -> Iterator[tuple[str, Any]]:
    """How many of the queries have which average precision: a panel a task."""
    labels = "average precision (%)", "queries (%)"
    for figure in _lines(report, "ap", width, _steps, labels, ""):
        yield "average-precision", figure


def similarity(report: Mapping[str, Any], width: str, _: Path | None) -> Iterator[tuple[str, Any]]:
    """Cosine similarities of pairs of one person and of two: a panel for each task and mode."""
    from matplotlib.patches import Patch

    drawn = series(report)
    found = [one for ones in by_task(report, "similarity").values() for one in ones]
    titles = [f"{shown(one['task'])}: {drawn[one['run'], one['mode']].name}" for one in found]
    handles = [
        Patch(facecolor=f"{colour}40", edgecolor=colour, linestyle=dash, label=label)
        for colour, dash, label in (SAME, DIFFERENT)
    ]
    for figure, axes in panelled(width, titles):
        here, found = found[: len(axes)], found[len(axes) :]
        for ax, one in zip(axes, here, strict=True):
            pairs = (one["negatives"], DIFFERENT), (one["positives"], SAME)
            for fractions, (colour, dash, _label) in pairs:
                parts = [100 * part for part in fractions]
                ax.stairs(parts, one["edges"], fill=True, color=colour, alpha=0.25)
                ax.stairs(parts, one["edges"], color=colour, linestyle=dash)
            ax.grid(alpha=0.25)
        outer_labels(axes, width, "cosine similarity", "pairs (%)")
        legend(figure, width, handles)
        yield "similarity", figure


def _lines(
    report: Mapping[str, Any], part: str, width: str,
    plot: Callable[[Any, Mapping[str, Any], Series], None], labels: tuple[str, str], marker: str,
) -> Iterator[Any]:  # fmt: skip
    """Figures with a panel a task and a line for each run and mode in it."""
    from matplotlib.lines import Line2D

    tasks, drawn = by_task(report, part), series(report)
    names = list(tasks)
    for figure, axes in panelled(width, [shown(name) for name in names]):
        here, names = names[: len(axes)], names[len(axes) :]
        used = {}
        for ax, task in zip(axes, here, strict=True):
            for one in tasks[task]:
                key = one["run"], one["mode"]
                used[key] = drawn[key]
                plot(ax, one, drawn[key])
            ax.grid(alpha=0.25)
        outer_labels(axes, width, *labels)
        legend(figure, width, [
            Line2D([], [], color=one.colour, linestyle=one.dash, label=one.name, marker=marker,
                   markersize=2)
            for one in used.values()
        ])  # fmt: skip
        yield figure


def _curve(ax: Any, one: Mapping[str, Any], drawn: Series) -> None:
    values = [100 * value for value in one["values"]]
    ax.plot(one["ranks"], values, drawn.dash, color=drawn.colour, marker="o", markersize=2)
    if one["low"] and one["high"]:
        low, high = ([100 * value for value in one[end]] for end in ("low", "high"))
        ax.fill_between(one["ranks"], low, high, color=drawn.colour, alpha=0.15, linewidth=0)
    ax.set_ylim(0, 101)
    ax.set_xscale("log")
    ticks: list[int] = []
    for rank in one["ranks"]:
        ticks += [rank] if not ticks or rank >= TICKS * ticks[-1] else []
    ax.set_xticks(ticks)
    ax.set_xticks([], minor=True)
    ax.xaxis.set_major_formatter("{x:g}")


def _steps(ax: Any, one: Mapping[str, Any], drawn: Series) -> None:
    whole = max(1, sum(one["counts"]))
    parts = [100 * number / whole for number in one["counts"]]
    edges = [100 * edge for edge in one["edges"]]
    ax.stairs(parts, edges, color=drawn.colour, linestyle=drawn.dash, linewidth=1.2)
    ax.set_xlim(edges[0], edges[-1])
