"""Captions as they come from people's files."""

from __future__ import annotations

import unicodedata


def clean_caption(caption: str) -> str:
    """NFKC-normalised, without control characters, runs of white space folded to one space."""
    caption = unicodedata.normalize("NFKC", caption)
    kept = (c if unicodedata.category(c)[0] != "C" else " " for c in caption)
    return " ".join("".join(kept).split())
