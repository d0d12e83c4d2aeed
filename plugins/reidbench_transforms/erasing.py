"""Random erasing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image

from reidbench.tools import arguments
from reidbench_registry import ConfigError

IMAGENET_MEAN = (124, 116, 104)
ATTEMPTS = 100


class RandomErasing:
    """Covers a random rectangle with probability `p` (Zhong et al., AAAI 2020). Captions pass.

    area: [least, most] fraction of the image.
    aspect: [least, most] height by width; drawn uniformly between them, as public ReID code does.
    fill: [r, g, b], or 'noise' for pixels at random.

    A rectangle that does not fit is drawn again, at most 100 times; then the image is unchanged."""

    def __init__(
        self,
        p: float = 0.5,
        area: Sequence[float] = (0.02, 0.4),
        aspect: Sequence[float] = (0.3, 1 / 0.3),
        fill: Sequence[int] | str = IMAGENET_MEAN,
    ) -> None:
        self.p = arguments.fraction("RandomErasing", "p", p)
        self.area = arguments.interval("RandomErasing", "area", area, 0, 1)
        self.aspect = arguments.interval("RandomErasing", "aspect", aspect, 0, 100)
        colour = isinstance(fill, (list, tuple)) and len(fill) == 3
        if fill != "noise" and not (colour and all(type(v) is int and 0 <= v <= 255 for v in fill)):
            raise ConfigError(f"RandomErasing: fill={fill!r} is neither [r, g, b] nor 'noise'")
        self.fill = fill if fill == "noise" else tuple(fill)

    def __call__(
        self, item: Image.Image | str, modality: str, rng: np.random.Generator
    ) -> Image.Image | str:
        """An image -> a copy with a rectangle covered, or the image."""
        if isinstance(item, str) or rng.random() >= self.p:
            return item
        for _ in range(ATTEMPTS):
            area = rng.uniform(*self.area) * item.width * item.height
            aspect = rng.uniform(*self.aspect)
            height, width = round((area * aspect) ** 0.5), round((area / aspect) ** 0.5)
            if 0 < height < item.height and 0 < width < item.width:
                top = int(rng.integers(item.height - height + 1))
                left = int(rng.integers(item.width - width + 1))
                covered = item.copy()
                covered.paste(self._patch(height, width, rng), (left, top))
                return covered
        return item

    def _patch(self, height: int, width: int, rng: np.random.Generator) -> Image.Image:
        if self.fill == "noise":
            return Image.fromarray(rng.integers(0, 256, (height, width, 3), dtype=np.uint8))
        return Image.new("RGB", (width, height), self.fill)
