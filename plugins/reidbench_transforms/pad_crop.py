"""Random shifts."""

from __future__ import annotations

import numpy as np
from PIL import Image

from reidbench.tools import arguments


class PadCrop:
    """Shifts an image by up to `fraction` of its height in either direction: padded with black on
    all sides, then cropped to its old size at random. Captions pass.

    fraction: 10 of 384 pixels in most public code; relative, because images come in their own
        sizes."""

    def __init__(self, fraction: float = 10 / 384) -> None:
        self.fraction = arguments.number("PadCrop", "fraction", fraction, 0, 0.5)

    def __call__(
        self, item: Image.Image | str, modality: str, rng: np.random.Generator
    ) -> Image.Image | str:
        """An image -> the image shifted, of the same size."""
        if isinstance(item, str):
            return item
        reach = round(self.fraction * item.height)
        left, top = (int(n) for n in rng.integers(-reach, reach + 1, 2))
        # PIL's crop fills the outside with black, so no padded copy is needed.
        return item.crop((left, top, left + item.width, top + item.height))
