"""Reading and preparing images."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from reidbench_registry import DataError

if TYPE_CHECKING:
    from torch import Tensor


def open_image(path: Path) -> Image.Image:
    """The image at `path`, decoded to RGB. Raises DataError naming the file."""
    try:
        with Image.open(path) as image:
            return image.convert("RGB")
    except FileNotFoundError:
        raise DataError(f"image not found: {path}") from None
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        # Pillow answers a damaged file with any of these, depending on the format.
        raise DataError(f"unreadable image: {path}: {error}") from None


def to_tensor(
    image: Image.Image,
    size: tuple[int, int],
    mean: tuple[float, float, float],
    std: tuple[float, float, float],
) -> Tensor:
    """Resize (bicubic) to `size` = (H, W) and normalise -> float32[3, H, W]."""
    import numpy as np
    import torch

    height, width = size
    if image.size != (width, height):
        image = image.resize((width, height), Image.Resampling.BICUBIC)
    pixels = np.asarray(image, dtype=np.float32) / 255
    pixels = (pixels - np.array(mean, np.float32)) / np.array(std, np.float32)
    return torch.from_numpy(pixels.transpose(2, 0, 1).copy())
