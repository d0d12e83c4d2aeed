"""Classifiers on the sphere with a margin."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from reidbench.tools import arguments


class _MarginSoftmax(nn.Module, ABC):
    """Cross entropy of `scale` times the cosines between the features and one learned row for each
    class; `_target` moves the cosine of the own class."""

    claims = ("bfloat16",)

    def __init__(self, num_classes: int, embed_dim: int, margin: float, scale: float) -> None:
        super().__init__()
        name = type(self).__name__
        self.margin = arguments.number(name, "margin", margin, 0)
        self.scale = arguments.positive_number(name, "scale", scale)
        self.weight = nn.Parameter(torch.empty(num_classes, embed_dim))
        nn.init.xavier_uniform_(self.weight)

    def forward(
        self, features: Tensor, labels: Tensor, modality: Tensor, logits: Tensor | None = None
    ) -> dict[str, Tensor]:
        """features[B, D], labels[B] -> {the loss's name: scalar}."""
        name = type(self).__name__
        if not len(labels):
            return {name: features.sum() + self.weight.sum() * 0.0}
        with torch.autocast(features.device.type, enabled=False):
            rows = F.normalize(features.float(), eps=1e-6)
            cosines = rows @ F.normalize(self.weight, eps=1e-6).T
            own = cosines.gather(1, labels[:, None])
            moved = cosines.scatter(1, labels[:, None], self._target(own))
            return {name: F.cross_entropy(self.scale * moved, labels)}

    @abstractmethod
    def _target(self, own: Tensor) -> Tensor:
        """Cosines to the own class, own[B, 1] -> those that stand in their place."""


class ArcFace(_MarginSoftmax):
    """Additive angular margin: cos(angle + margin) in place of cos(angle) (Deng et al., CVPR 2019).
    Where angle + margin would pass pi, cos(angle) - margin * sin(margin), as in the authors' code.

    num_classes, embed_dim: the harness supplies them."""

    def __init__(
        self, num_classes: int, embed_dim: int, margin: float = 0.5, scale: float = 30.0
    ) -> None:
        super().__init__(num_classes, embed_dim, margin, scale)

    def _target(self, own: Tensor) -> Tensor:
        sine = (1 - own.square()).clamp_min(1e-12).sqrt()
        moved = own * math.cos(self.margin) - sine * math.sin(self.margin)
        beyond = own <= -math.cos(self.margin)
        return torch.where(beyond, own - self.margin * math.sin(self.margin), moved)


class CosFace(_MarginSoftmax):
    """Additive cosine margin: cos(angle) - margin (Wang et al., CVPR 2018).

    num_classes, embed_dim: the harness supplies them."""

    def __init__(
        self, num_classes: int, embed_dim: int, margin: float = 0.35, scale: float = 30.0
    ) -> None:
        super().__init__(num_classes, embed_dim, margin, scale)

    def _target(self, own: Tensor) -> Tensor:
        return own - self.margin
