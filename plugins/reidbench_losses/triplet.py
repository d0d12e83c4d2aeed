"""Batch-hard triplet loss."""

from __future__ import annotations

import torch
from torch import Tensor

from reidbench.tools import arguments

from .similarity import cosine_matrix


class Triplet:
    """mean over anchors of max(0, d(a, hardest positive) - d(a, hardest negative) + margin)
    (Hermans et al. 2017), d the Euclidean distance of L2-normalised features.

    Positives and negatives come from all modalities of the batch. An anchor without a positive or
    without a negative is left out; without any anchor the loss is a connected zero."""

    claims = ("bfloat16",)

    def __init__(self, margin: float = 0.3) -> None:
        self.margin = arguments.number("Triplet", "margin", margin, 0)

    def __call__(
        self, features: Tensor, labels: Tensor, modality: Tensor, logits: Tensor | None = None
    ) -> dict[str, Tensor]:
        """features[B, D], labels[B] -> {'Triplet': scalar}."""
        # For equal features the distance is constant and the square root gets no gradient.
        distance = (2 - 2 * cosine_matrix(features)).clamp_min(1e-12).sqrt()
        same = labels[:, None] == labels
        positive = same & ~torch.eye(len(labels), dtype=torch.bool, device=labels.device)
        anchors = positive.any(1) & ~same.all(1)
        if not anchors.any():
            return {"Triplet": features.sum() * 0.0}
        furthest = distance.masked_fill(~positive, -torch.inf).amax(1)
        nearest = distance.masked_fill(same, torch.inf).amin(1)
        return {"Triplet": (furthest - nearest + self.margin)[anchors].relu().mean()}
