"""Channel augmentation."""

from __future__ import annotations

import numpy as np
from PIL import Image

from reidbench.tools import arguments


class ChannelAugmentation:
    """With probability `p`, an RGB image becomes one of its channels, or its grey, in all three:
    red, green, blue and grey are equally likely (channel exchange of Ye et al., ICCV 2021). This
    removes the colour, which infrared images do not have. Other modalities and captions pass."""

    def __init__(self, p: float = 0.5) -> None:
        self.p = arguments.fraction("ChannelAugmentation", "p", p)

    def __call__(
        self, item: Image.Image | str, modality: str, rng: np.random.Generator
    ) -> Image.Image | str:
        """An RGB image -> itself, or one in three equal channels."""
        if isinstance(item, str) or modality != "rgb" or rng.random() >= self.p:
            return item
        which = int(rng.integers(4))
        plane = item.convert("L") if which == 3 else item.getchannel(which)
        return Image.merge("RGB", (plane, plane, plane))
