"""Operators that derive a photo's infrared and sketch versions, where a data set has none."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageFilter

from reidbench.tools import arguments


class ChannelMix:
    """Replaces near infrared: a grey picture from a random mix of the colour channels.

    After the channel augmentation of visible-infrared ReID (Ye et al., ICCV 2021), which also draws
    the weight of each channel at random. As in infrared, the relative brightness of colours
    changes; real reflectance is not modelled. Captions pass unchanged."""

    version = 1

    def __call__(self, item: Image.Image | str, modality: str, rng: np.random.Generator):
        """A picture -> a grey picture in three equal channels; weights uniform on the simplex."""
        if isinstance(item, str):
            return item
        pixels = np.asarray(item.convert("RGB"), np.float32) @ rng.dirichlet(np.ones(3))
        return Image.fromarray(pixels.round().astype(np.uint8)).convert("RGB")


class LineSketch:
    """Pencil lines from a photo: the grey picture divided by a blurred copy of itself ("dodge"), so
    that only pixels darker than their neighbourhood stay dark. Not random; captions pass
    unchanged.

    width: of the blur, as a fraction of the picture's height.
    strength: the quotient's exponent; larger values make darker lines."""

    version = 1

    def __init__(self, width: float = 0.02, strength: float = 3.0) -> None:
        self.width = arguments.positive_number("LineSketch", "width", width)
        self.strength = arguments.positive_number("LineSketch", "strength", strength)

    def __call__(self, item: Image.Image | str, modality: str, rng: np.random.Generator):
        """A picture -> dark lines on white, in three equal channels."""
        if isinstance(item, str):
            return item
        # The median removes compression noise, which would become small lines.
        grey = item.convert("L").filter(ImageFilter.MedianFilter(3))
        around = grey.filter(ImageFilter.GaussianBlur(max(1.0, self.width * grey.height)))
        # In dark areas one grey level changes the quotient a lot: the offset keeps them from
        # turning black.
        quotient = (np.asarray(grey, np.float32) + 32) / (np.asarray(around, np.float32) + 32)
        lines = (255 * quotient.clip(0, 1) ** self.strength).round().astype(np.uint8)
        return Image.fromarray(lines).convert("RGB")
