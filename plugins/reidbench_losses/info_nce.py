"""InfoNCE between modalities."""

from __future__ import annotations

import math
from itertools import combinations

import torch
from torch import Tensor, nn

from reidbench.tools import arguments

from .similarity import cosine_matrix


class InfoNCE(nn.Module):
    """For each pair of modalities in the batch the mean of both directions of: cross entropy of
    `scale` times the cosines, whose target is a row of the same identity (CLIP, Radford et al.,
    2021); where several rows are, each gets an equal share.

    scale: 1 / temperature. learn_scale: it is trained, in log space, and never above 100.
    pairs: 'mean' or 'sum' over the pairs of modalities that share an identity; without any, the
        loss is a connected zero."""

    claims = ("bfloat16",)

    def __init__(self, scale: float = 14.3, learn_scale: bool = False, pairs: str = "mean") -> None:
        super().__init__()
        scale = arguments.positive_number("InfoNCE", "scale", scale)
        arguments.boolean("InfoNCE", "learn_scale", learn_scale)
        self.pairs = arguments.one_of("InfoNCE", "pairs", pairs, ("mean", "sum"))
        self.log_scale = nn.Parameter(torch.tensor(math.log(scale)), requires_grad=learn_scale)

    def forward(
        self, features: Tensor, labels: Tensor, modality: Tensor, logits: Tensor | None = None
    ) -> dict[str, Tensor]:
        """features[B, D], labels[B], modality[B] -> {'InfoNCE': scalar}."""
        scores = self.log_scale.clamp_max(math.log(100)).exp() * cosine_matrix(features)
        match = labels[:, None] == labels
        rows = [(modality == code).nonzero().squeeze(1) for code in modality.unique()]
        terms = []
        for a, b in combinations(rows, 2):
            matched = match[a][:, b]
            if matched.any():
                between = scores[a][:, b]
                both = _cross_entropy(between, matched) + _cross_entropy(between.T, matched.T)
                terms.append(both / 2)
        if not terms:
            return {"InfoNCE": features.sum() * 0.0}
        stacked = torch.stack(terms)
        return {"InfoNCE": stacked.mean() if self.pairs == "mean" else stacked.sum()}


def _cross_entropy(scores: Tensor, match: Tensor) -> Tensor:
    """scores[N, M], match[N, M] bool -> mean over the rows that have a match."""
    matched = match.any(1)
    scores, match = scores[matched], match[matched].to(scores.dtype)
    shares = match / match.sum(1, keepdim=True)
    return -(shares * scores.log_softmax(1)).sum(1).mean()
