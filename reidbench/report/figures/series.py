"""What every figure of a report needs: colours, names, panels, one legend."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any, NamedTuple

from ...drawing.figure import new_figure
from ...tools.terminal import safe

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#888888")
"""Colours that people with a colour weakness tell apart (Okabe and Ito, 2008); grey for yellow,
which paper does not show"""
DASHES = ("-", "--", ":", "-.")
ACROSS = {"column": 1, "page": 3}
"""Panels beside each other"""
DOWN = 4
"""Panels above each other; what is left goes to a further figure"""
PANEL = 1.75
"""Inches: height of one panel"""
LEGEND = 30
"""Characters of a name in a legend"""


class Series(NamedTuple):
    """How one run and mode (or model) is named and drawn, the same in all figures."""

    name: str
    colour: str
    dash: Any


def series(report: Mapping[str, Any], key: str = "mode") -> dict[tuple[str, str], Series]:
    """(run, mode) -> its Series, in the order of the rows. One run only: it is not named."""
    found = {}
    pairs = dict.fromkeys((row["run"], row[key]) for row in _all(report, key))
    for number, (run, other) in enumerate(pairs):
        name = other if len(report["runs"]) < 2 else f"{run}, {other}"
        dash = DASHES[number // len(PALETTE) % len(DASHES)]
        found[run, other] = Series(shown(name), PALETTE[number % len(PALETTE)], dash)
    return found


def _all(report: Mapping[str, Any], key: str) -> Iterator[Mapping[str, Any]]:
    parts = ("rows", "cmc", "ap", "similarity") if key == "mode" else ("spectrum", "map")
    for part in parts:
        yield from report[part]


def by_task(report: Mapping[str, Any], part: str) -> dict[str, list[Mapping[str, Any]]]:
    """task -> what `part` of the report holds of it, in the order of the report's tasks."""
    found: dict[str, list[Mapping[str, Any]]] = {task["name"]: [] for task in report["tasks"]}
    for one in report[part]:
        found.setdefault(one["task"], []).append(one)
    return {task: ones for task, ones in found.items() if ones}


def shown(text: object) -> str:
    """A stranger's word in one line, for a legend or above a panel."""
    words = safe(text)
    return words if len(words) <= LEGEND else f"{words[: LEGEND - 1]}…"


def panelled(
    width: str, titles: Sequence[str], height: float = PANEL
) -> Iterator[tuple[Any, list[Any]]]:
    """Figures with a panel for each title, which stands above it unless it is the only one."""
    across = _across(width, len(titles))
    for first in range(0, len(titles), across * DOWN):
        here = titles[first : first + across * DOWN]
        down = -(-len(here) // across)
        figure = new_figure(width, height * down + 0.3)
        grid = figure.subplots(down, across, squeeze=False)
        axes = [grid[place] for place in product(range(down), range(across))]
        for ax, title in zip(axes, here, strict=False):
            if len(titles) > 1:
                ax.set_title(title)
        for ax in axes[len(here) :]:
            ax.remove()
        yield figure, axes[: len(here)]


def legend(figure: Any, width: str, ones: Iterable[Any]) -> None:
    """One legend below all panels, of as many columns as fit."""
    ones = list(ones)
    if not ones:
        return
    longest = max(len(one.get_label()) for one in ones)
    fit = int((50 if width == "column" else 110) / (longest + 6))
    figure.legend(
        handles=ones, loc="outside lower center", frameon=False, handlelength=2.2,
        ncols=max(1, min(fit, len(ones))), columnspacing=1.2,
    )  # fmt: skip


def outer_labels(axes: Sequence[Any], width: str, x: str, y: str) -> None:
    """The name of an axis once: y at the first panel of a line, x below the last line."""
    across = _across(width, len(axes))
    for place, ax in enumerate(axes):
        if place % across == 0:
            ax.set_ylabel(y)
        if place + across >= len(axes):
            ax.set_xlabel(x)


def _across(width: str, number: int) -> int:
    """Panels of a line: four are two and two."""
    lines = -(-number // ACROSS[width])
    return max(1, -(-number // max(1, lines)))
