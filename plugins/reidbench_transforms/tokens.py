"""Random removal of words."""

from __future__ import annotations

import numpy as np
from PIL import Image

from reidbench.tools import arguments


class TokenDropout:
    """Drops each word of a caption with probability `p`, but never all of them. Images pass.

    Words, not tokens of a model, as tokenizers differ."""

    def __init__(self, p: float = 0.1) -> None:
        self.p = arguments.fraction("TokenDropout", "p", p)

    def __call__(
        self, item: Image.Image | str, modality: str, rng: np.random.Generator
    ) -> Image.Image | str:
        """A caption -> the words that are left, in their order."""
        if not isinstance(item, str):
            return item
        words = item.split()
        if not words:
            return item
        kept = rng.random(len(words)) >= self.p
        if not kept.any():
            kept[rng.integers(len(words))] = True
        return " ".join(word for word, keep in zip(words, kept, strict=True) if keep)
