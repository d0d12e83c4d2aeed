"""Colour jitter."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageEnhance

from reidbench.tools import arguments

ENHANCERS = {
    "brightness": ImageEnhance.Brightness,
    "contrast": ImageEnhance.Contrast,
    "saturation": ImageEnhance.Color,
}


class ColorJitter:
    """Changes brightness, contrast, saturation and hue of RGB images with probability `p`, in
    random order. As in torchvision, factors are uniform in [1 - x, 1 + x] and the hue's shift in
    [-hue, hue] of the colour circle. Other modalities have no colour and pass, captions too."""

    def __init__(
        self,
        p: float = 1.0,
        brightness: float = 0.2,
        contrast: float = 0.15,
        saturation: float = 0.0,
        hue: float = 0.0,
    ) -> None:
        self.p = arguments.fraction("ColorJitter", "p", p)
        self.reach = {
            name: arguments.fraction("ColorJitter", name, value)
            for name, value in (
                ("brightness", brightness),
                ("contrast", contrast),
                ("saturation", saturation),
            )
        }
        self.hue = arguments.number("ColorJitter", "hue", hue, 0, 0.5)

    def __call__(
        self, item: Image.Image | str, modality: str, rng: np.random.Generator
    ) -> Image.Image | str:
        """An RGB image -> one with other brightness, contrast, saturation and hue."""
        if isinstance(item, str) or modality != "rgb" or rng.random() >= self.p:
            return item
        for step in rng.permutation([*ENHANCERS, "hue"]):
            if step == "hue":
                item = self._shift_hue(item, rng)
            elif reach := self.reach[step]:
                item = ENHANCERS[step](item).enhance(rng.uniform(1 - reach, 1 + reach))
        return item

    def _shift_hue(self, item: Image.Image, rng: np.random.Generator) -> Image.Image:
        if not self.hue:
            return item
        hue, saturation, value = item.convert("HSV").split()
        shift = round(255 * rng.uniform(-self.hue, self.hue))
        shifted = Image.fromarray((np.asarray(hue, np.int16) + shift).astype(np.uint8))
        return Image.merge("HSV", (shifted, saturation, value)).convert("RGB")
