"""Rank lists: a strip for each query, with the query and then its first hits.

All is placed in inches on one axes of the figure's size, from the top left corner.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ...drawing.figure import WIDTHS, new_figure
from ...tools.terminal import safe
from .cells import GAP, LINE, Cells
from .thumbs import Thumbs
from .words import wrapped

STRIPS = 5
"""Queries of one figure: the first of each kind (best, median, worst, ...), then the second ..."""
HIT, WORDS = 0.29, 1.1
"""Inches: width of a picture and of a caption, at the least"""
WIDEST = 0.63
"""Inches: width of a picture at the most"""
TALL = 2.0
"""Height of a cell of pictures over its width"""
LINES = 6
"""Lines of a caption at the most"""


def ranklists(
    report: Mapping[str, Any], width: str, base: Path | None
) -> Iterator[tuple[str, Any]]:
    """A figure for each task, run and mode. Items that the task excludes are left out; every hit
    has a border and a sign: a green tick for the right person, a red cross for another one."""
    thumbs = Thumbs(report["thumbs"], base)
    for found in report["ranklists"]:
        queries = chosen(found["queries"])
        for source in dict.fromkeys(name for query in queries for name in query["lists"]):
            strips = [query for query in queries if hits(query, source)]
            if strips:
                figure = _Strips(report["items"], thumbs, width, strips, source).drawn()
                yield f"ranks-{found['task']}-{source}", figure


def chosen(queries: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """At most STRIPS queries: in turn the next of each kind that is there."""
    kinds: dict[str, list[Mapping[str, Any]]] = {}
    for query in queries:
        for why in query["why"]:
            kinds.setdefault(why, []).append(query)
    turns = max(map(len, kinds.values()), default=0)
    order = [of[turn] for turn in range(turns) for of in kinds.values() if turn < len(of)]
    return list({query["item"]: query for query in order}.values())[:STRIPS]


def hits(query: Mapping[str, Any], source: str) -> list[Mapping[str, Any]]:
    """The hits of a query that were ranked."""
    return [hit for hit in query["lists"].get(source, ()) if hit["excluded"] is None]


class _Strips:
    """The layout of one figure: a query's cell, then as many hits as fit."""

    def __init__(
        self, items: Mapping[str, Any], thumbs: Thumbs, width: str,
        queries: Sequence[Mapping[str, Any]], source: str,
    ) -> None:  # fmt: skip
        self.items, self.thumbs, self.width, self.source = items, thumbs, width, source
        self.queries = queries
        self.lists = [hits(query, source) for query in queries]
        self.asked = any(self._worded(query["item"]) for query in queries)
        self.told = any(self._worded(hit["item"]) for of in self.lists for hit in of)
        room = WIDTHS[width] - GAP
        most = max(map(len, self.lists))
        least = WORDS if self.told else HIT
        first = WORDS if self.asked else HIT
        self.number = max(1, min(most, int((room - first) / least)))
        if self.told:
            self.first = WORDS if self.asked else WIDEST
            self.cell = (room - self.first) / self.number
        elif self.asked:
            self.cell = min((room - WORDS) / self.number, WIDEST)
            self.first = room - self.cell * self.number  # what the hits leave is for the words
        else:
            self.first = self.cell = min(room / (self.number + 1), WIDEST)

    def drawn(self) -> Any:
        heights = [self._height(query, of) for query, of in zip(self.queries, self.lists,
                                                                strict=True)]  # fmt: skip
        step = LINE + 3 * GAP  # the line above a strip, and what parts it from the next
        figure = new_figure(self.width, sum(heights) + step * len(heights), layout=None)
        cells, top = Cells(figure), 0.0
        for query, of, height in zip(self.queries, self.lists, heights, strict=True):
            cells.words(0.0, top, [self._title(query)], "0.35")
            self._strip(cells, query, of, top + LINE + GAP / 2, height)
            top += height + step
        return figure

    def _height(self, query: Mapping[str, Any], of: Sequence[Mapping[str, Any]]) -> float:
        return max(self._own(query["item"], self.first), self._hits(of) + GAP / 2 + LINE)

    def _hits(self, of: Sequence[Mapping[str, Any]]) -> float:
        """The height of the hits without their signs."""
        return max(self._own(hit["item"], self.cell) for hit in of[: self.number])

    def _own(self, item: str, wide: float) -> float:
        if self._worded(item):
            return LINE * len(self._lines(item, wide)) + 2 * GAP
        return TALL * (min(wide, WIDEST) - GAP)

    def _strip(
        self, cells: Cells, query: Mapping[str, Any], of: Sequence[Mapping[str, Any]], top: float,
        height: float,
    ) -> None:  # fmt: skip
        high = self._hits(of)
        if self._worded(query["item"]):
            cells.words(0.0, top, self._lines(query["item"], self.first))
        else:
            wide = min(self.first, WIDEST) - GAP
            tall = min(height, max(high, TALL * wide))
            cells.picture(0.0, top, wide, tall, self._thumb(query["item"]), None)
        for place, hit in enumerate(of[: self.number]):
            left, wide = self.first + GAP + place * self.cell, self.cell - GAP
            if self._worded(hit["item"]):
                cells.framed(left, top, wide, high, self._lines(hit["item"], self.cell),
                             hit["right"])  # fmt: skip
            else:
                cells.picture(left, top, wide, high, self._thumb(hit["item"]), hit["right"])
            cells.sign(left + wide / 2, top + high + (LINE + GAP) / 2, hit["right"])

    def _title(self, query: Mapping[str, Any]) -> str:
        why = ", ".join(safe(word) for word in query["why"])
        precision = query["AP"].get(self.source)
        known = "" if precision is None else f"AP {100 * precision:.1f}%"
        return ": ".join(filter(None, [why, known]))

    def _worded(self, item: str) -> bool:
        known = self.items.get(item, {})
        return known.get("caption") is not None and known["thumb"] is None

    def _lines(self, item: str, wide: float) -> list[str]:
        return wrapped(safe(self.items[item]["caption"], 400), wide - 4 * GAP, LINES)

    def _thumb(self, item: str) -> Any:
        return self.thumbs[self.items.get(item, {}).get("thumb")]
