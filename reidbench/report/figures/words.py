"""Captions, broken into lines by the widths of their letters."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from ...drawing.figure import SMALL

# Fonts of the systems with Chinese, Japanese and Korean letters; matplotlib's own has none.
FALLBACKS = (
    "Noto Sans CJK SC", "Noto Sans CJK JP", "Noto Sans SC", "Source Han Sans SC", "PingFang SC",
    "WenQuanYi Zen Hei", "Microsoft YaHei", "SimHei", "Hiragino Sans GB", "Arial Unicode MS",
)  # fmt: skip


def families() -> list[str]:
    """The fonts of a figure: matplotlib's, then those for further letters that are installed."""
    from matplotlib.font_manager import fontManager

    there = {font.name for font in fontManager.ttflist}
    return ["DejaVu Sans", *(name for name in FALLBACKS if name in there)]


def wrapped(text: str, wide: float, most: int) -> list[str]:
    """`text` in lines of at most `wide` inches, broken between words, or within a word that is
    wider; at most `most` lines, with a sign where more would follow."""
    lines, line = [], ""
    for word in text.split():
        longer = f"{line} {word}" if line else word
        if inches(longer) <= wide:
            line = longer
            continue
        if line:
            lines.append(line)
        while inches(word) > wide and len(word) > 1:
            size = _fitting(word, wide, inches)
            lines.append(word[:size])
            word = word[size:]
        line = word
    lines += [line] if line or not lines else []
    if len(lines) <= most:
        return lines
    last = lines[most - 1]
    while last and inches(f"{last} …") > wide:
        last = last[:-1]
    return [*lines[: most - 1], f"{last.rstrip()} …"]


def inches(text: str) -> float:
    """The width of `text` in the small size of a figure."""
    font = _font()
    font.set_text(text)
    return font.get_width_height()[0] / 64 / 72


def _fitting(word: str, wide: float, width: Callable[[str], float]) -> int:
    """How many letters of `word` fit, at least one."""
    return max(1, next(n for n in range(1, len(word) + 1) if width(word[: n + 1]) > wide))


@cache
def _font() -> Any:
    from matplotlib.font_manager import findfont, get_font

    font = get_font(findfont("DejaVu Sans"))
    font.set_size(SMALL, 72)
    return font
