"""Small pictures of items, together within a budget."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from reidbench_registry import DataError

from ..tools.images import open_image

HEIGHT, WIDTH = 112, 168
FULL = 2
"""How many times as large each side may be in files beside the page."""
BUDGET = 3_500_000
"""Characters of all pictures in a page."""
QUALITIES = (80, 65, 50, 35)
PREFIX = "data:image/webp;base64,"


@dataclass(frozen=True)
class Thumbs:
    place: Mapping[str, int]
    """item -> its picture in `files`"""
    files: list[bytes]
    """WebP"""
    missing: list[str]


def thumbs(paths: Mapping[str, Path], full: bool = False) -> Thumbs:
    """The pictures of the items, most important ones first; item -> path. Where they are too many
    for a page, first their quality is lowered, then the last ones are left out.

    A picture that cannot be read is left out, and one line says how many there are."""
    small: dict[str, Image.Image] = {}
    broken: list[str] = []
    for item, found in _small(paths, FULL if full else 1):
        if isinstance(found, str):
            broken.append(found)
        else:
            small[item] = found
    missing = []
    if broken:
        missing.append(f"{len(broken)} of {len(paths)} pictures could not be read: {broken[0]}")
    kept: list[bytes] = []
    for quality in QUALITIES:
        kept, whole = _encoded(small, quality, None if full else BUDGET)
        if whole:
            break
    if len(kept) < len(small):
        missing.append(
            f"{len(small) - len(kept)} of {len(small)} pictures do not fit into the page and are "
            "left out"
        )
    elif kept and quality < QUALITIES[0]:
        missing.append(f"pictures are stored in a lower quality ({quality}), to fit into the page")
    return Thumbs({item: i for i, item in enumerate(list(small)[: len(kept)])}, kept, missing)


class OnDemand(Mapping[str, bytes]):
    """item -> WebP of its picture, made when it is asked for; items whose picture cannot be read
    have none."""

    def __init__(self, paths: Mapping[str, Path]) -> None:
        self.paths = paths

    def __getitem__(self, item: str) -> bytes:
        (found,) = (image for _, image in _small({item: self.paths[item]}, 1))
        if isinstance(found, str):
            raise KeyError(item)
        return _encoded({item: found}, QUALITIES[0], None)[0][0]

    def __iter__(self) -> Iterator[str]:
        return iter(self.paths)

    def __len__(self) -> int:
        return len(self.paths)


def as_uri(content: bytes) -> str:
    return PREFIX + base64.b64encode(content).decode("ascii")


def _small(paths: Mapping[str, Path], times: int) -> Iterator[tuple[str, Image.Image | str]]:
    """Each picture at its small size, or why it cannot be read."""
    size = WIDTH * times, HEIGHT * times

    def read(path: Path) -> Image.Image | str:
        try:
            image = open_image(path, at_least=size[::-1])
        except DataError as error:
            return str(error)
        image.thumbnail(size, Image.Resampling.BICUBIC, reducing_gap=2.0)
        return image

    with ThreadPoolExecutor(2) as pool:  # a thread reads while the other decodes
        yield from zip(paths, pool.map(read, paths.values()), strict=True)


def _encoded(
    images: Mapping[str, Image.Image], quality: int, budget: int | None
) -> tuple[list[bytes], bool]:
    """The pictures that fit, and whether these are all."""
    files: list[bytes] = []
    size = 0
    for image in images.values():
        buffer = io.BytesIO()
        image.save(buffer, "WEBP", quality=quality, method=4)
        # As base64, with its prefix and the quotes around it.
        size += -(-buffer.tell() // 3) * 4 + len(PREFIX) + 3
        if budget is not None and size > budget:
            return files, False
        files.append(buffer.getvalue())
    return files, True
