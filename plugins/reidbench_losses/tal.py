"""Triplet alignment loss between modalities."""

from __future__ import annotations

from itertools import combinations

import torch
from torch import Tensor

from reidbench.tools import arguments

from .similarity import cosine_matrix


class TAL:
    """For each pair of modalities and both directions: mean over rows of max(0, margin - s_i+ +
    temperature * log sum over rows j of another identity of exp(c_ij / temperature)), s_i+ the
    softmax-weighted mean of the cosines to rows of the same identity, weights without gradient
    (Qin et al., Noisy-Correspondence Learning, CVPR 2024: a triplet loss whose hardest negative is
    a soft maximum).

    Rows without a positive or a negative are left out; pairs of modalities are averaged."""

    claims = ("bfloat16",)

    def __init__(self, margin: float = 0.1, temperature: float = 0.015) -> None:
        self.margin = arguments.number("TAL", "margin", margin, 0)
        self.temperature = arguments.positive_number("TAL", "temperature", temperature)

    def __call__(
        self, features: Tensor, labels: Tensor, modality: Tensor, logits: Tensor | None = None
    ) -> dict[str, Tensor]:
        """features[B, D], labels[B], modality[B] -> {'TAL': scalar}."""
        cosines = cosine_matrix(features)
        match = labels[:, None] == labels
        rows = [(modality == code).nonzero().squeeze(1) for code in modality.unique()]
        terms = []
        for a, b in combinations(rows, 2):
            between, matched = cosines[a][:, b], match[a][:, b]
            terms += [self._one_way(between, matched), self._one_way(between.T, matched.T)]
        found = torch.cat(terms) if terms else features.new_zeros(0)
        return {"TAL": found.mean() if found.numel() else features.sum() * 0.0}

    def _one_way(self, cosines: Tensor, match: Tensor) -> Tensor:
        """cosines[N, M], match[N, M] -> the loss of each row that has positives and negatives."""
        usable = match.any(1) & ~match.all(1)
        cosines, match = cosines[usable], match[usable]
        scaled = cosines / self.temperature
        lowest = torch.finfo(cosines.dtype).min
        weights = scaled.detach().masked_fill(~match, lowest).softmax(1)
        positive = (weights * cosines).sum(1)
        negative = self.temperature * scaled.masked_fill(match, lowest).logsumexp(1)
        return (self.margin - positive + negative).relu()
