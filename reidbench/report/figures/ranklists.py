"""Rank lists: a strip for each query, with the query and then its first hits.

All is placed in inches on one axes of the figure's size, from the top left corner.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from textwrap import wrap
from typing import Any

from ...drawing.figure import SMALL, WIDTHS, new_figure
from ...tools.terminal import safe
from .cells import GAP, LINE, Cells
from .thumbs import Thumbs

STRIPS = 5
"""Queries of one figure: the first of each kind (best, median, worst, ...), then the second ..."""
HIT, WORDS = 0.29, 1.1
"""Inches: width of a picture and of a caption, at the least"""
WIDEST = 0.55
"""Inches: width of a picture at the most"""
TALL = 2.0
"""Height of a cell of pictures over its width"""
LINES = 6
"""Lines of a caption at the most"""
LETTER = 0.58 * SMALL / 72
"""Inches of a letter, on average, and a little more"""


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
    """The layout of one figure."""

    def __init__(
        self, items: Mapping[str, Any], thumbs: Thumbs, width: str,
        queries: Sequence[Mapping[str, Any]], source: str,
    ) -> None:  # fmt: skip
        self.items, self.thumbs, self.width, self.source = items, thumbs, width, source
        self.queries = queries
        self.lists = [hits(query, source) for query in queries]
        asked = any(self._worded(query["item"]) for query in queries)
        told = any(self._worded(hit["item"]) for hit in self.lists[0])
        room = WIDTHS[width]
        self.first = WORDS if asked else 0.0
        least = WORDS if told else HIT
        most = max(map(len, self.lists))
        if not self.first:  # a picture: as wide as a hit
            self.number = max(1, min(most, int((room - GAP) / least) - 1))
            cell = min((room - GAP) / (self.number + 1), room if told else WIDEST)
            self.first = min(cell, WIDEST)
        else:
            self.number = max(1, min(most, int((room - self.first - GAP) / least)))
        whole = (room - self.first - GAP) / self.number
        self.cell = whole if told else min(whole, WIDEST)
        if asked and not told:  # what the hits leave is for the words
            self.first = room - GAP - self.cell * self.number
        self.told = told

    def drawn(self) -> Any:
        captions = [
            self._lines(query["item"], self.first - GAP)
            if self._worded(query["item"]) else []
            for query in self.queries
        ]  # fmt: skip
        heights = []
        for hits, caption in zip(self.lists, captions, strict=True):
            inner = [] if caption else [TALL * (min(self.first, WIDEST) - GAP)]
            inner.append(LINE * len(caption))
            inner.append(
                max(LINE * len(self._lines(h["item"], self.cell - 3 * GAP)) + GAP
                    for h in hits[: self.number])
                if self.told else TALL * (self.cell - GAP)
            )  # fmt: skip
            heights.append(max(inner))
        # Above a strip, which query it is; below it, the signs of its hits.
        step = [height + 2 * LINE + 2.5 * GAP for height in heights]
        figure = new_figure(self.width, sum(step), layout=None)
        cells = Cells(figure)
        top = 0.0
        for query, hits, caption, height, down in zip(
            self.queries, self.lists, captions, heights, step, strict=True
        ):
            cells.words(0.0, top, [self._title(query)], "0.35")
            self._strip(cells, query, hits, caption, top + LINE + GAP / 2, height)
            top += down
        return figure

    def _strip(
        self, cells: Cells, query: Mapping[str, Any], hits: Sequence[Mapping[str, Any]],
        caption: Sequence[str], top: float, height: float,
    ) -> None:  # fmt: skip
        if caption:
            cells.words(0.0, top, caption)
        else:
            wide = min(self.first, WIDEST) - GAP
            cells.picture(0.0, top, wide, height, self._thumb(query["item"]), None)
        for place, hit in enumerate(hits[: self.number]):
            left = self.first + GAP + place * self.cell
            if self._worded(hit["item"]):
                lines = self._lines(hit["item"], self.cell - 3 * GAP)
                cells.framed(left, top, self.cell - GAP, height, lines, hit["right"])
            else:
                thumb = self._thumb(hit["item"])
                cells.picture(left, top, self.cell - GAP, height, thumb, hit["right"])
            cells.sign(
                left + (self.cell - GAP) / 2, top + height + LINE / 2 + GAP / 2, hit["right"]
            )

    def _title(self, query: Mapping[str, Any]) -> str:
        why = ", ".join(safe(word) for word in query["why"])
        precision = query["AP"].get(self.source)
        known = "" if precision is None else f"AP {100 * precision:.1f}%"
        return ": ".join(filter(None, [why, known]))

    def _worded(self, item: str) -> bool:
        return self.items.get(item, {}).get("caption") is not None

    def _lines(self, item: str, wide: float) -> list[str]:
        text = safe(self.items[item]["caption"], 400)
        return wrap(text, max(4, int(wide / LETTER)), max_lines=LINES, placeholder=" …") or [""]

    def _thumb(self, item: str) -> Any:
        return self.thumbs[self.items.get(item, {}).get("thumb")]
