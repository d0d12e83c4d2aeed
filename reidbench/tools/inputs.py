"""A record's content, as `preprocess` of a backbone begins: read, cleaned, augmented."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from PIL import Image

from reidbench_registry import DataError, Record

from .images import open_image
from .text import clean_caption

Augment = Callable[[Any], Any]


def read_image(
    record: Record,
    modalities: Collection[str],
    size: tuple[int, int],
    transform: Augment | None = None,
    least: int = 1,
) -> Image.Image:
    """The RGB image of `record`, after `transform`.

    modalities: those that the model embeds.
    size: (H, W) that the model resizes images to; large photos are decoded at a fraction of their
        size, never below this.
    least: pixels that each side of the image must have.

    Raises DataError naming the item or the file: a modality that the model does not embed, no image
    file, an unreadable or too small image."""
    _check_modality(record, modalities)
    if record.path is None:
        raise DataError(f"{record.item_id}: the record has no image file")
    image = open_image(record.path, at_least=size)
    if min(image.size) < least:
        raise DataError(
            f"image smaller than {least} x {least} pixels: {record.path}: "
            f"{image.width} x {image.height}"
        )
    return transform(image) if transform else image


def read_caption(
    record: Record, modalities: Collection[str], transform: Augment | None = None
) -> str:
    """The caption of `record`, after `transform`, cleaned (`text.clean_caption`).

    Raises DataError naming the item: a modality that the model does not embed, a caption that is
    empty or of which `transform` leaves nothing."""
    _check_modality(record, modalities)
    caption = record.text or ""
    caption = clean_caption(transform(caption) if transform else caption)
    if not caption:
        raise DataError(f"{record.item_id}: the caption is empty")
    return caption


def _check_modality(record: Record, modalities: Collection[str]) -> None:
    if record.modality not in modalities:
        raise DataError(f"{record.item_id}: the model does not embed {record.modality!r}")
