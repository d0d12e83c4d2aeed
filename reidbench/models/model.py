"""A backbone with what training adds to it: the neck and the classifier."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from reidbench_registry import MODALITIES, Backbone

from ..pluginhost import blamed_on, broken_contract


def _batch_norm(dim: int) -> nn.BatchNorm1d:
    """BNNeck (Luo et al., Bag of Tricks, CVPRW 2019): batch norm whose bias stays 0."""
    norm = nn.BatchNorm1d(dim)
    norm.bias.requires_grad_(False)
    return norm


class PerModalityNorm(nn.Module):
    """One batch norm per modality: removes the differences between the modalities' means."""

    def __init__(self, dim: int, modalities: frozenset[str]) -> None:
        super().__init__()
        # In the order of MODALITIES: the order of a set would change the state from run to run.
        kept = [name for name in MODALITIES if name in modalities]
        self.norms = nn.ModuleDict({name: _batch_norm(dim) for name in kept})

    def forward(self, features: Tensor, modality: Tensor) -> Tensor:
        """features[B, D], modality[B] -> [B, D]"""
        out = torch.zeros_like(features)
        for name, norm in self.norms.items():
            assert isinstance(norm, nn.BatchNorm1d)
            rows = (modality == MODALITIES.index(name)).nonzero().squeeze(1)
            # A single row has no variance to train on: it is passed by the running statistics.
            if len(rows) == 1 and norm.training:
                alone = nn.functional.batch_norm(
                    features[rows], norm.running_mean, norm.running_var, norm.weight, norm.bias
                )
                out = out.index_copy(0, rows, alone)
            elif len(rows):
                out = out.index_copy(0, rows, norm(features[rows]))
        return out


class SharedNorm(nn.Module):
    """One batch norm for all modalities."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.norm = _batch_norm(dim)

    def forward(self, features: Tensor, modality: Tensor) -> Tensor:
        """features[B, D] -> [B, D]"""
        return self.norm(features)


class NoNeck(nn.Module):
    """neck='none': the feature passes as it is."""

    def forward(self, features: Tensor, modality: Tensor) -> Tensor:
        return features


class Outputs(NamedTuple):
    embedding: Tensor
    """[B, D]: what retrieval, metric losses and distillers see"""
    logits: Tensor | None
    """[B, C]: the classifier over the neck's output; None without a classifier"""


class ReIDModel(nn.Module):
    """A backbone with its neck and, while it is trained, a classifier.

    The embedding is the feature before or after the neck (`tap`); retrieval, metric losses and
    distillers all see that one feature. The classifier always stands after the neck."""

    def __init__(
        self, backbone: Backbone, neck: str = "none", tap: str = "before", classes: int = 0
    ) -> None:
        super().__init__()
        dim = backbone.embed_dim
        self.backbone: Any = backbone
        self.tap = tap
        self.neck: nn.Module = NoNeck()
        if neck == "bn":
            self.neck = SharedNorm(dim)
        elif neck == "bn_per_modality":
            self.neck = PerModalityNorm(dim, backbone.modalities)
        self.classifier: nn.Linear | None = None
        if classes:
            self.classifier = nn.Linear(dim, classes, bias=False)
            nn.init.normal_(self.classifier.weight, std=0.001)

    def forward(self, batch: dict, modality: Tensor) -> Outputs:
        """A collated batch of B items and modality[B] -> embeddings and logits."""
        with blamed_on(self.backbone, "encode"):
            feature = self.backbone.encode(batch)
        self._check(feature, len(modality))
        # An embedding before a neck that nothing else needs costs nothing more.
        if self.tap == "before" and self.classifier is None:
            return Outputs(feature, None)
        normed = self.neck(feature, modality)
        logits = self.classifier(normed) if self.classifier is not None else None
        return Outputs(feature if self.tap == "before" else normed, logits)

    def _check(self, feature: Any, items: int) -> None:
        expected = [items, self.backbone.embed_dim]
        if not isinstance(feature, Tensor) or list(feature.shape) != expected:
            shape = list(feature.shape) if isinstance(feature, Tensor) else type(feature).__name__
            raise broken_contract(
                self.backbone, f"returned {shape} from encode, expected [B, embed_dim] = {expected}"
            )
