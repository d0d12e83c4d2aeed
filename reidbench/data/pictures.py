"""Every picture, read once: is it there, is it complete, and what does it contain."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from reidbench_registry import DataError, Track

from ..tools.guarded import PICTURE, MissingFileError, first_line, read_bytes
from ..tools.images import FORMATS

BATCH = 64
"""Pictures that a thread gets at a time: few enough for a smooth progress bar, enough to keep the
overhead small"""


class Picture(NamedTuple):
    """What is known of a file after reading it."""

    path: Path
    digest: bytes | None
    """SHA-256 of its bytes; None when there are none."""
    wrong: str | None
    """Why it cannot be used: `missing`, `empty` or what the decoder says."""
    colour: float | None = None
    """Mean difference between its channels, 0 to 255; None when not decoded."""


def read_pictures(paths: Sequence[Path], decode: bool, track: Track) -> dict[Path, Picture]:
    """Read every picture and, with `decode`, decode it. One thread for each processor: reading,
    hashing and decoding all release Python's global lock."""
    parts = [paths[i : i + BATCH] for i in range(0, len(paths), BATCH)]
    description = "reading and decoding" if decode else "reading"

    def pictures(pool: ThreadPoolExecutor) -> Iterator[Picture]:
        for part in pool.map(lambda part: [_read(p, decode) for p in part], parts):
            yield from part

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        try:
            return {p.path: p for p in track(pictures(pool), description, len(paths))}
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _read(path: Path, decode: bool) -> Picture:
    try:
        content = read_bytes(path, PICTURE)
    except MissingFileError:
        return Picture(path, None, "missing")
    except DataError as error:
        return Picture(path, None, str(error).removeprefix(f"{path}: "))
    if not content:
        return Picture(path, None, "empty")
    digest = hashlib.sha256(content).digest()
    if not decode:
        return Picture(path, digest, None)
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            image.load()
            return Picture(path, digest, None, _colour(image))
    except Image.UnidentifiedImageError:
        return Picture(path, digest, "no picture format")
    except Exception as error:
        # Pillow answers a damaged file with exceptions of many types, depending on the format.
        words = first_line(error)
        why = "truncated" if "truncated" in words.lower() else f"damaged: {words}"
        return Picture(path, digest, why)


def _colour(image: Image.Image) -> float:
    """Measured on a small version, so that noise does not count as colour."""
    if image.mode in ("1", "L", "I", "I;16", "F"):
        return 0.0
    rgb = image if image.mode == "RGB" else image.convert("RGB")
    small = rgb.resize((8, 16), Image.Resampling.BOX, reducing_gap=1.0)
    return float(np.ptp(np.asarray(small, dtype=np.float32), axis=2).mean())
