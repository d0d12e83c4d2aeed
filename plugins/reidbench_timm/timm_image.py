"""A timm model as student: images of every modality through one tower, projected."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from reidbench.tools import arguments
from reidbench.tools.images import to_tensor
from reidbench.tools.inputs import read_image
from reidbench.tools.tensors import load_state, save_tensors
from reidbench_registry import ConfigError, ImageInput, Record

from .models import NAME, build

WEIGHTS = "model.safetensors"
IMAGES = ("rgb", "ir", "sketch")
MOST_DIMS = 65536


class Item(NamedTuple):
    """A preprocessed record."""

    modality: str
    pixels: Tensor
    """float32[3, H, W]"""


class TimmImage(nn.Module):
    """Any model of timm as an image student: its pooled features, projected linearly into the
    teacher's space. It embeds no text; tasks with text are left out and said to be.

    model: a name of timm, with or without the tag of its weights (`resnet50`,
        `vit_small_patch16_224.augreg_in1k`).
    pretrained: True: timm's weights for that name (downloads); a local file of a state dict
        (.safetensors, or .pth without pickled code); None: random weights, by torch's seed.
    image_size: [H, W], not square as a rule; None: the size of the weights. Position embeddings are
        resized.
    projection: 'per_modality' or 'shared'.
    embed_dim: dimension of the embedding; None: that of the model's features.
    modalities: those that it embeds.

    Raises ConfigError for a wrong argument, DataError for weights that are missing or do not fit.
    """

    claims = ("bfloat16",)

    @classmethod
    def conformance(cls, folder: Path) -> dict[str, Any]:
        """Arguments for the conformance kit: a small model."""
        return {"model": "test_vit", "image_size": [64, 32]}

    def __init__(
        self,
        model: str,
        pretrained: bool | str | Path | None = None,
        image_size: list[int] | None = None,
        projection: str = "per_modality",
        embed_dim: int | None = None,
        modalities: list[str] | None = None,
    ) -> None:
        super().__init__()
        names: tuple[str, ...] = IMAGES
        if modalities is not None:
            names = arguments.modalities(NAME, "modalities", modalities)
            if "text" in names:
                raise ConfigError(f"{NAME}: modalities: it embeds images, no text")
        arguments.one_of(NAME, "projection", projection, ("per_modality", "shared"))
        if embed_dim is not None:
            arguments.integer(NAME, "embed_dim", embed_dim, 1, MOST_DIMS)
        self.modalities = frozenset(names)
        self.model, self._size = build(model, pretrained, image_size)
        settings = self.model.pretrained_cfg
        self._mean, self._std = tuple(settings["mean"]), tuple(settings["std"])
        width = self._width()
        self.embed_dim: int = embed_dim or width
        heads = names if projection == "per_modality" else ("shared",)
        self.projections = nn.ModuleDict({n: nn.Linear(width, self.embed_dim) for n in heads})
        if pretrained:
            self._start_alike()

    def preprocess(self, record: Record, transform: Callable[[Any], Any] | None = None) -> Item:
        """One record -> pixels[3, H, W]. Raises DataError naming the item."""
        image = read_image(record, self.modalities, self._size, transform)
        return Item(record.modality, to_tensor(image, self._size, self._mean, self._std))

    def collate(self, items: Sequence[Item]) -> Mapping[str, Any]:
        """Items of mixed modality -> `images`[B, 3, H, W] and `modality`, the name of each."""
        return {
            "images": torch.stack([item.pixels for item in items]),
            "modality": [item.modality for item in items],
        }

    def encode(self, batch: Mapping[str, Any]) -> Tensor:
        """batch of B items -> embeddings[B, embed_dim], not normalised."""
        features = self.model(batch["images"])
        if "shared" in self.projections:
            return self.projections["shared"](features)
        names = batch["modality"]
        rows = features.new_zeros(len(names), self.embed_dim)
        for name in dict.fromkeys(names):
            here = torch.tensor([n == name for n in names], device=features.device)
            projected = self.projections[name](features[here])
            rows = rows.to(projected.dtype).masked_scatter(here[:, None], projected)
        return rows

    def save(self, folder: Path) -> None:
        """Write `model.safetensors`: the model and the projections."""
        save_tensors(folder / WEIGHTS, self.state_dict())

    def load(self, folder: Path) -> None:
        """Take what `save` wrote. Raises DataError when it is missing or of another model."""
        load_state(self, folder / WEIGHTS)

    def image_input(self) -> ImageInput:
        """Size and normalisation of its images."""
        return ImageInput(self._size, self._mean, self._std)

    def text_input(self) -> None:
        """It embeds no text."""
        return None

    def tower(self, modality: str) -> nn.Module:
        """images[B, 3, H, W] -> embeddings[B, embed_dim] of one modality. Raises ConfigError for
        one that the model does not embed."""
        if modality not in self.modalities:
            raise ConfigError(f"{NAME}: there is no tower for {modality!r}")
        shared = "shared" in self.projections
        return nn.Sequential(self.model, self.projections["shared" if shared else modality])

    def save_tokenizer(self, folder: Path) -> None:
        """Raises ConfigError: it embeds no text."""
        raise ConfigError(f"{NAME}: a model without text has no tokenizer")

    def _width(self) -> int:
        """Of the model's pooled features, which timm does not say for all models."""
        was = self.model.training
        with torch.no_grad():
            features = self.model.eval()(torch.zeros(1, 3, *self._size))
        self.model.train(was)
        if features.ndim != 2:
            raise ConfigError(
                f"{NAME}: the model gives {list(features.shape)} for an image, not one pooled "
                "vector"
            )
        return features.shape[1]

    @torch.no_grad()
    def _start_alike(self) -> None:
        """Start every projection as one and the same isometry: modalities that pretrained weights
        put into one space stay there."""
        first, *others = self.projections.values()
        nn.init.orthogonal_(first.weight)
        for projection in (first, *others):
            projection.weight.copy_(first.weight)
            projection.bias.zero_()
