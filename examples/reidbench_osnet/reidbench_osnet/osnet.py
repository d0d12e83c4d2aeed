"""A small OSNet as student: images only."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from reidbench.tools import arguments
from reidbench.tools.images import to_tensor
from reidbench.tools.inputs import read_image
from reidbench.tools.tensors import load_state, save_tensors
from reidbench_registry import Record
from torch import Tensor, nn

from .blocks import OSBlock, pointwise

STAGES = (4, 6, 8)
"""Channels of the stages, in units of `width`: 256, 384 and 512 for the paper's width of 64."""
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
WEIGHTS = "model.safetensors"


class OSNet(nn.Module):
    """Omni-scale network (arXiv 1905.00953) with a linear projection into the teacher's space.

    All modalities use the same network. The paper's images are 256 x 128; here the stem reduces the
    size less (a 3x3 convolution, no pooling), so that 64 x 32 images are 8 x 4 in the last stage.

    width: channels of the stem; those of the stages are multiples of it.
    depth: omni-scale blocks per stage.
    image_size: [H, W], at least 16 each.
    embed_dim: dimension of the embedding; a config that leaves it out gives a student its
        teacher's.

    Raises ConfigError for a wrong argument."""

    def __init__(
        self,
        width: int = 16,
        depth: int = 2,
        image_size: list[int] | None = None,
        embed_dim: int = 128,
    ) -> None:
        super().__init__()
        for name, value in (("width", width), ("depth", depth), ("embed_dim", embed_dim)):
            arguments.integer("OSNet", name, value, 1)
        given = [64, 32] if image_size is None else image_size
        self._size = arguments.image_size("OSNet", "image_size", given, least=16)
        self.embed_dim = embed_dim
        self.modalities = frozenset({"rgb", "ir", "sketch"})
        layers: list[nn.Module] = [
            nn.Conv2d(3, width, 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
        ]
        channels = width
        for number, units in enumerate(STAGES):
            if number:
                layers += [pointwise(channels, channels), nn.AvgPool2d(2)]
            for _ in range(depth):
                layers.append(OSBlock(channels, units * width))
                channels = units * width
        layers += [pointwise(channels, channels), nn.AdaptiveAvgPool2d(1), nn.Flatten()]
        # Without the norm all embeddings are almost parallel at the start, and a metric loss may
        # not change that.
        layers += [nn.Linear(channels, channels), nn.BatchNorm1d(channels), nn.ReLU()]
        self.features = nn.Sequential(*layers)
        self.projection = nn.Linear(channels, embed_dim)

    def preprocess(self, record: Record, transform: Callable[[Any], Any] | None = None) -> Tensor:
        """One record -> image[3, H, W]. Raises DataError naming the item or the file."""
        image = read_image(record, self.modalities, self._size, transform)
        return to_tensor(image, self._size, MEAN, STD)

    def collate(self, items: Sequence[Tensor]) -> Mapping[str, Any]:
        """Images of any modality -> {'images': [B, 3, H, W]}."""
        return {"images": torch.stack(list(items))}

    def encode(self, batch: Mapping[str, Any]) -> Tensor:
        """batch of B items -> embeddings[B, embed_dim] in the items' order, not normalised."""
        return self.projection(self.features(batch["images"]))

    def save(self, folder: Path) -> None:
        """Write `model.safetensors`."""
        save_tensors(folder / WEIGHTS, self.state_dict())

    def load(self, folder: Path) -> None:
        """Take what `save` wrote. Raises DataError when it is missing or of another model."""
        load_state(self, folder / WEIGHTS)
