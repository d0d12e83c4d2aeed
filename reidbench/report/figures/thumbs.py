"""The thumbnails of a report, as pixels."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image

FORMATS = ("WEBP", "JPEG", "PNG")


class Thumbs:
    """number -> pixels[H, W, 3], or None for a thumbnail that is not there or is damaged.

    base: the folder that thumbnails which are file names lie in."""

    def __init__(self, thumbs: Sequence[str], base: Path | None) -> None:
        self.thumbs, self.base = thumbs, base

    def __getitem__(self, number: int | None) -> Any:
        import numpy as np

        if number is None or not 0 <= number < len(self.thumbs):
            return None
        try:
            with Image.open(self._file(self.thumbs[number]), formats=FORMATS) as image:
                return np.asarray(image.convert("RGB"))
        except Exception:  # Pillow answers a damaged file with exceptions of many types
            return None

    def _file(self, thumb: str) -> Any:
        head, comma, body = thumb.partition(",")
        if head.startswith("data:") and comma:
            return io.BytesIO(base64.b64decode(body))
        if self.base is None:
            raise FileNotFoundError(thumb)
        return self.base / thumb
