"""Small pictures for checks: coloured blocks with noise, the same for the same seed."""

from __future__ import annotations

from pathlib import Path


def picture(seed: int = 0, height: int = 96, width: int = 48):
    """An RGB image."""
    import numpy as np
    from PIL import Image

    rng = np.random.default_rng(seed)
    blocks = rng.integers(0, 256, (4, 2, 3), dtype=np.uint8)
    image = Image.fromarray(blocks).resize((width, height), Image.Resampling.BICUBIC)
    noise = rng.integers(-20, 21, (height, width, 3))
    return Image.fromarray((np.asarray(image, np.int64) + noise).clip(0, 255).astype(np.uint8))


def draw(path: Path, seed: int = 0, height: int = 96, width: int = 48) -> Path:
    """Write an RGB picture to `path`, making missing folders; returns `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    picture(seed, height, width).save(path)
    return path
