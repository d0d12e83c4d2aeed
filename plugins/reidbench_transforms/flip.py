"""Mirroring."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageOps

from reidbench.tools import arguments


class RandomHorizontalFlip:
    """Mirrors an image left to right with probability `p`. Captions pass: do not use it where they
    mention left and right."""

    def __init__(self, p: float = 0.5) -> None:
        self.p = arguments.fraction("RandomHorizontalFlip", "p", p)

    def __call__(
        self, item: Image.Image | str, modality: str, rng: np.random.Generator
    ) -> Image.Image | str:
        """An image -> itself or its mirror image."""
        if isinstance(item, str) or rng.random() >= self.p:
            return item
        return ImageOps.mirror(item)
