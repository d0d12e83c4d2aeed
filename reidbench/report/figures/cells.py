"""What stands in a strip of hits: pictures, captions, signs. Places are in inches from the top left
corner of the figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...drawing.figure import SMALL

GAP = 0.035
"""Inches between two cells"""
LINE = 1.25 * SMALL / 72
"""Inches of a line of words"""
RIGHT, WRONG = "#00803c", "#c8102e"
_TICK = [(-0.035, 0.0), (-0.01, 0.03), (0.04, -0.035)]
_CROSS = [[(-0.03, -0.03), (0.03, 0.03)], [(-0.03, 0.03), (0.03, -0.03)]]


class Cells:
    """Draws on one axes as large as the figure."""

    def __init__(self, figure: Any) -> None:
        wide, high = figure.get_size_inches()
        self.axes = figure.add_axes((0, 0, 1, 1))
        self.axes.set_axis_off()
        self._limits = (0, wide), (high, 0)
        self._keep()

    def picture(
        self, left: float, top: float, wide: float, high: float, pixels: Any, right: bool | None
    ) -> None:
        """pixels[h, w, 3], whole, in the middle of the cell, with its border; None: an empty frame.
        right: None for a query."""
        if pixels is None:
            words = "no\npicture" if wide > 0.45 else "?"
            self.axes.text(left + wide / 2, top + high / 2, words, ha="center", va="center",
                           fontsize=SMALL, color="0.4")  # fmt: skip
        else:
            scale = min(wide / pixels.shape[1], high / pixels.shape[0])
            width, height = scale * pixels.shape[1], scale * pixels.shape[0]
            left, top = left + (wide - width) / 2, top + (high - height) / 2
            wide, high = width, height
            extent = (left, left + wide, top + high, top)
            self.axes.imshow(pixels, extent=extent, interpolation="bicubic", aspect="auto")
            self._keep()  # imshow sets the limits
        self._border(left, top, wide, high, right)

    def framed(
        self, left: float, top: float, wide: float, high: float, lines: Sequence[str], right: bool
    ) -> None:
        """A caption as a hit."""
        self._border(left, top, wide, high, right)
        self.words(left + GAP, top + GAP / 2, lines)

    def words(self, left: float, top: float, lines: Sequence[str], colour: str = "black") -> None:
        for number, line in enumerate(lines):
            self.axes.text(
                left, top + (number + 0.5) * LINE, line, fontsize=SMALL, va="center_baseline",
                color=colour,
            )  # fmt: skip

    def sign(self, x: float, y: float, right: bool) -> None:
        """A tick or a cross, drawn: no font needs to have it."""
        for points in [_TICK] if right else _CROSS:
            self.axes.plot(
                [x + dx for dx, _ in points], [y + dy for _, dy in points], linewidth=1.3,
                color=RIGHT if right else WRONG, solid_capstyle="round", solid_joinstyle="round",
            )  # fmt: skip
        self._keep()

    def _border(
        self, left: float, top: float, wide: float, high: float, right: bool | None
    ) -> None:
        """Also without colour, right and wrong differ: whole and dashed."""
        from matplotlib.patches import Rectangle

        box = Rectangle(
            (left + 0.01, top + 0.01), wide - 0.02, high - 0.02, fill=False, linewidth=1.3,
            edgecolor="0.2" if right is None else RIGHT if right else WRONG,
            linestyle="--" if right is False else "-",
        )  # fmt: skip
        self.axes.add_patch(box)

    def _keep(self) -> None:
        self.axes.set_xlim(*self._limits[0])
        self.axes.set_ylim(*self._limits[1])
