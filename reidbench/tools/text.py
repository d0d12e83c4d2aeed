"""Captions as they stand in the files of data sets."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

PIECE = 200
"""Characters that are normalised at once"""


def clean_caption(caption: str) -> str:
    """NFKC-normalised, without control characters, runs of white space folded to one space."""
    if not caption.isascii():
        caption = "".join(unicodedata.normalize("NFKC", piece) for piece in _pieces(caption))
    kept = (c if unicodedata.category(c)[0] != "C" else " " for c in caption)
    return " ".join("".join(kept).split())


def _pieces(text: str) -> Iterator[str]:
    """`text` in pieces of at most PIECE characters: the time to normalise one grows with the square
    of its combining characters. Where words are shorter than that, a piece ends before a space,
    which nothing combines with; otherwise before a character that is not combining."""
    start = 0
    while len(text) - start > PIECE:
        end = text.rfind(" ", start + 1, start + PIECE)
        if end < 0:
            end = start + PIECE
            while end > start + 1 and unicodedata.combining(text[end]):
                end -= 1
            if end == start + 1:  # combining characters alone
                end = start + PIECE
        yield text[start:end]
        start = end
    yield text[start:]
