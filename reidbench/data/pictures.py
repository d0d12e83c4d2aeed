"""Every picture read once: is it there, is it whole, and what are its contents."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from reidbench_registry import Track

BATCH = 64
"""Pictures of one piece of work: small enough for a smooth bar, large enough to cost nothing."""


class Picture(NamedTuple):
    """What one look at a file gave."""

    path: Path
    digest: bytes | None
    """SHA-256 of its bytes; None when there are none."""
    wrong: str | None
    """Why it cannot be used: `missing`, `empty` or what the decoder says."""


def look(paths: Sequence[Path], decode: bool, track: Track) -> dict[Path, Picture]:
    """Read every picture, decode it where asked, in as many threads as there are processors:
    reading, hashing and decoding all leave Python's lock."""
    parts = [paths[i : i + BATCH] for i in range(0, len(paths), BATCH)]
    words = "reading and decoding" if decode else "reading"

    def pictures(pool: ThreadPoolExecutor) -> Iterator[Picture]:
        for part in pool.map(lambda part: [_look(p, decode) for p in part], parts):
            yield from part

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        try:
            return {p.path: p for p in track(pictures(pool), words, len(paths))}
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _look(path: Path, decode: bool) -> Picture:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return Picture(path, None, "missing")
    except OSError as error:
        return Picture(path, None, error.strerror or str(error))
    if not content:
        return Picture(path, None, "empty")
    return Picture(path, hashlib.sha256(content).digest(), _damage(content) if decode else None)


def _damage(content: bytes) -> str | None:
    try:
        with Image.open(io.BytesIO(content)) as image:
            image.load()
    except Image.UnidentifiedImageError:
        return "no picture format"
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as error:
        # Pillow answers a damaged file with any of these, depending on the format.
        return "truncated" if "truncated" in str(error).lower() else f"damaged: {error}"
    return None
