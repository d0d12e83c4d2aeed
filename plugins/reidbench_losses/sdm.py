"""Similarity distribution matching between modalities."""

from __future__ import annotations

from itertools import combinations

import torch
from torch import Tensor

from reidbench.tools import arguments

from .similarity import cosine_matrix


class SDM:
    """For each pair of modalities in the batch, KL(p || q + 1e-8) in both directions: p the
    softmax of `scale` times the cosines, q the identity matches. In each direction q is normalised
    along its own rows (IRRA, Jiang and Ye, CVPR 2023). The code of arXiv 2602.12936 transposes the
    normalised matrix instead, which is the same for balanced batches only.

    Rows without a match are left out. `pairs` takes the 'mean' or the 'sum' over the pairs of
    modalities that share an identity; without any, the loss is a connected zero."""

    claims = ("bfloat16",)

    def __init__(self, scale: float = 20.0, pairs: str = "mean") -> None:
        self.scale = arguments.positive_number("SDM", "scale", scale)
        self.pairs = arguments.one_of("SDM", "pairs", pairs, ("mean", "sum"))

    def __call__(
        self, features: Tensor, labels: Tensor, modality: Tensor, logits: Tensor | None = None
    ) -> dict[str, Tensor]:
        """features[B, D], labels[B], modality[B] -> {'SDM': scalar}."""
        scores = self.scale * cosine_matrix(features)
        match = labels[:, None] == labels
        rows = [(modality == code).nonzero().squeeze(1) for code in modality.unique()]
        terms = []
        for a, b in combinations(rows, 2):
            matched = match[a][:, b]
            if matched.any():
                between = scores[a][:, b]
                terms.append(_divergence(between, matched) + _divergence(between.T, matched.T))
        if not terms:
            return {"SDM": features.sum() * 0.0}
        stacked = torch.stack(terms)
        return {"SDM": stacked.mean() if self.pairs == "mean" else stacked.sum()}


def _divergence(scores: Tensor, match: Tensor) -> Tensor:
    """scores[N, M], match[N, M] bool -> mean KL over the rows with a match."""
    matched = match.any(1)
    scores, match = scores[matched], match[matched].to(scores.dtype)
    q = match / match.sum(1, keepdim=True)
    log_p = scores.log_softmax(1)
    return (log_p.exp() * (log_p - (q + 1e-8).log())).sum(1).mean()
