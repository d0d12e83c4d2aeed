"""Reading and preparing images."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from reidbench_registry import DataError

from .guarded import PICTURE, check_file, first_line
from .terminal import safe

if TYPE_CHECKING:
    from torch import Tensor


FORMATS = ("JPEG", "PNG", "BMP", "WEBP", "TIFF", "GIF", "PPM")
"""What is taken for an image, whatever its name. Pillow knows others that start programs (EPS)."""


def open_image(path: Path | str, at_least: tuple[int, int] | None = None) -> Image.Image:
    """The image at `path`, decoded to RGB. Raises DataError naming a missing or damaged file.

    at_least: (H, W) that the caller will resize it to. A JPEG that is more than twice as large is
        decoded at half, a quarter or an eighth of its size, never below `at_least`: most of the
        time for a large photo goes into pixels that the resize drops."""
    check_file(Path(path), PICTURE, "image not found")
    try:
        with Image.open(path, formats=FORMATS) as image:
            if at_least is not None:
                image.draft(None, at_least[::-1])  # only JPEG can; others ignore it
            return image.convert("RGB")
    except Exception as error:
        # Pillow answers a damaged file with exceptions of many types, depending on the format.
        raise DataError(f"unreadable image: {safe(path)}: {first_line(error)}") from None


def to_pixels(image: Image.Image, size: tuple[int, int]) -> Tensor:
    """Resize (bicubic, antialiased) to `size` = (H, W) -> uint8[3, H, W].

    With torch, which takes less than half of Pillow's time. The result is bit for bit Pillow's,
    except where one side grows and the other shrinks: there they differ by two levels at most."""
    import numpy as np
    import torch
    from torch.nn.functional import interpolate

    pixels = torch.from_numpy(np.array(image)).permute(2, 0, 1)
    if pixels.shape[1:] == size:
        return pixels.contiguous()
    return interpolate(pixels[None], size, mode="bicubic", antialias=True)[0]


def to_tensor(
    image: Image.Image,
    size: tuple[int, int],
    mean: tuple[float, float, float],
    std: tuple[float, float, float],
) -> Tensor:
    """Resize (bicubic) to `size` = (H, W) and normalise -> float32[3, H, W]."""
    import torch

    shift, scale = (torch.tensor(values).view(3, 1, 1) for values in (mean, std))
    # (x / 255 - mean) / std, as one multiplication and one subtraction in place.
    return to_pixels(image, size).float().mul_(1 / (255 * scale)).sub_(shift / scale)
