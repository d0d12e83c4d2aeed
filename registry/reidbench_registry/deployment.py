"""What a backbone may tell about itself so that it can run without reidbench."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class ImageInput:
    """How an image file becomes the tensor that a tower takes: decode to RGB, resize to `size`,
    divide by 255, subtract `mean` and divide by `std` of each channel, channels first."""

    size: tuple[int, int]
    """(H, W); the aspect ratio is not kept"""
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    interpolation: Literal["bicubic", "bilinear"] = "bicubic"
    """with antialiasing, as Pillow's `Image.resize` does"""


@dataclass(frozen=True)
class TextInput:
    """How token ids of captions become the tensor that a tower takes."""

    context_length: int
    """ids of one caption at most, start and end included"""
    pad_id: int
    """what fills up shorter rows, on the right; it changes no embedding"""


@runtime_checkable
class Deployable(Protocol):
    """The deployment part of a Backbone: each modality as one module from one plain tensor."""

    def image_input(self) -> ImageInput | None:
        """What all image modalities take; None for a model without any."""

    def text_input(self) -> TextInput | None:
        """What the modality `text` takes; None for a model without it."""

    def tower(self, modality: str) -> nn.Module:
        """A module that shares the backbone's weights: images[B, 3, H, W] float32 (ImageInput) or,
        for `text`, token ids[B, L] int64 with L up to the context length -> embeddings[B,
        embed_dim], not normalised, the numbers that `encode` gives.

        Raises ConfigError for a modality that the model does not embed."""

    def save_tokenizer(self, folder: Path) -> None:
        """Write `tokenizer.json` into `folder`, for the package `tokenizers`:
        `Tokenizer.from_file(...).encode(caption).ids` are those of a raw caption as the text tower
        takes them: cleaned, with start and end, cut to the context length. `encode_batch` pads
        with `pad_id`.

        Raises ConfigError for a model without text."""
