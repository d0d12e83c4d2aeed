"""Losses on centres: those of a batch's identities, and learned ones."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from reidbench.tools import arguments


class HeteroCentreTriplet:
    """Batch-hard triplets of centres: c_im, the mean of the rows of identity i in modality m. mean
    over all c_im of max(0, margin + max_n |c_im - c_in| - min over other identities j, any n, of
    |c_im - c_jn|) (Liu et al., 2020, arXiv 2008.06223: hetero-centre triplet loss, here for any
    number of modalities).

    normalize: L2-normalise the rows before their mean. Centres without a second modality or without
    another identity are left out; without any the loss is a connected zero."""

    claims = ("bfloat16",)

    def __init__(self, margin: float = 0.3, normalize: bool = True) -> None:
        self.margin = arguments.number("HeteroCentreTriplet", "margin", margin, 0)
        self.normalize = arguments.boolean("HeteroCentreTriplet", "normalize", normalize)

    def __call__(
        self, features: Tensor, labels: Tensor, modality: Tensor, logits: Tensor | None = None
    ) -> dict[str, Tensor]:
        """features[B, D], labels[B], modality[B] -> {'HeteroCentreTriplet': scalar}."""
        name = type(self).__name__
        if not len(labels):
            return {name: features.sum()}
        rows = features.to(torch.promote_types(features.dtype, torch.float32))
        if self.normalize:
            rows = nn.functional.normalize(rows, eps=1e-6)
        groups, member = torch.stack([labels, modality], 1).unique(dim=0, return_inverse=True)
        sums = rows.new_zeros(len(groups), rows.shape[1]).index_add(0, member, rows)
        counts = torch.bincount(member, minlength=len(groups))
        centres = sums / counts[:, None]
        gaps = (centres[:, None] - centres).square().sum(2).clamp_min(1e-12).sqrt()
        same = groups[:, :1] == groups[:, 0]
        other = same & ~torch.eye(len(groups), dtype=torch.bool, device=labels.device)
        anchors = other.any(1) & ~same.all(1)
        if not anchors.any():
            return {name: features.sum() * 0.0}
        furthest = gaps.masked_fill(~other, -torch.inf).amax(1)
        nearest = gaps.masked_fill(same, torch.inf).amin(1)
        return {name: (furthest - nearest + self.margin)[anchors].relu().mean()}


class Center(nn.Module):
    """Mean over rows of |f - c_label|^2 / 2 with learned centres c (Wen et al., ECCV 2016; usual
    weight 0.0005 beside an ID loss).

    num_classes, embed_dim: the harness supplies them."""

    claims = ("bfloat16",)

    def __init__(self, num_classes: int, embed_dim: int) -> None:
        super().__init__()
        self.centres = nn.Parameter(torch.randn(num_classes, embed_dim))

    def forward(
        self, features: Tensor, labels: Tensor, modality: Tensor, logits: Tensor | None = None
    ) -> dict[str, Tensor]:
        """features[B, D], labels[B] -> {'Center': scalar}."""
        if not len(labels):
            return {"Center": features.sum() + self.centres.sum() * 0.0}
        gaps = features.float() - self.centres[labels]
        return {"Center": gaps.square().sum(1).mean() / 2}
