"""Shifting."""

from __future__ import annotations

import numpy as np
from PIL import Image

from .arguments import between


class PadCrop:
    """Shifts an image by up to `share` of its height in either direction: padded with black on all
    sides, then cropped to its old size at random. Captions pass.

    share: 10 of 384 pixels in most public code; relative, because images come in their own sizes.
    """

    def __init__(self, share: float = 10 / 384) -> None:
        self.share = between("PadCrop", "share", share, 0, 0.5)

    def __call__(
        self, item: Image.Image | str, modality: str, rng: np.random.Generator
    ) -> Image.Image | str:
        """An image -> the image shifted, of the same size."""
        if isinstance(item, str):
            return item
        reach = round(self.share * item.height)
        left, top = (int(n) for n in rng.integers(-reach, reach + 1, 2))
        # PIL's crop fills what lies outside with black: no padded copy is made.
        return item.crop((left, top, left + item.width, top + item.height))
