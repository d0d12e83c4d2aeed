"""Cleaning of captions."""

from __future__ import annotations

import unicodedata


def clean_caption(caption: str) -> str:
    """NFKC-normalised, control characters and runs of white space replaced by one space, without
    space at either end."""
    caption = unicodedata.normalize("NFKC", caption)
    kept = (c if unicodedata.category(c)[0] != "C" else " " for c in caption)
    return " ".join("".join(kept).split())
