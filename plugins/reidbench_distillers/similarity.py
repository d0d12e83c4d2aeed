"""The student's similarities within a batch follow the teacher's: as distributions, as numbers, in
their order."""

from __future__ import annotations

from itertools import permutations

import torch
from torch import Tensor

from reidbench.tools import arguments

from .base import RelationDistiller, off_diagonal

PAIRS = ("all", "within", "across")


class SimilarityKL(RelationDistiller):
    """mean_i KL(softmax(cos^t_i / teacher_temperature) || softmax(cos^s_i / temperature)) over the
    similarities of row i to the other rows of the batch (CLIP-KD's CRD, Yang et al., CVPR 2024;
    SEED, Fang et al., ICLR 2021, with the batch as its queue).

    pairs: 'all' other rows; 'within': those of the same modality; 'across': those of every other
        modality, one softmax for each, averaged.
    teacher_temperature: None: the student's."""

    def __init__(
        self,
        temperature: float = 0.07,
        teacher_temperature: float | None = None,
        pairs: str = "all",
    ) -> None:
        super().__init__(per_modality=False)
        name = type(self).__name__
        self.temperature = arguments.positive_number(name, "temperature", temperature)
        self.teacher_temperature = self.temperature
        if teacher_temperature is not None:
            self.teacher_temperature = arguments.positive_number(
                name, "teacher_temperature", teacher_temperature
            )
        self.pairs = arguments.one_of(name, "pairs", pairs, PAIRS)

    def __call__(self, student: Tensor, teacher: Tensor, modality: Tensor) -> Tensor:
        """student[B, D], teacher[B, D'], modality[B] -> scalar."""
        self._modality = modality
        return super().__call__(student, teacher, modality)

    def _loss(self, student: Tensor, teacher: Tensor) -> Tensor:
        s, t = student @ student.T / self.temperature, teacher @ teacher.T
        t = t / self.teacher_temperature
        terms = []
        if self.pairs == "all":
            terms = [(off_diagonal(s), off_diagonal(t))]
        else:
            groups = [(self._modality == m).nonzero().squeeze(1) for m in self._modality.unique()]
            if self.pairs == "within":
                blocks = [(g, g) for g in groups]
                terms = [(off_diagonal(s[a][:, b]), off_diagonal(t[a][:, b])) for a, b in blocks]
            else:
                terms = [(s[a][:, b], t[a][:, b]) for a, b in permutations(groups, 2)]
        found = [_divergence(a, b) for a, b in terms if a.numel()]
        return torch.stack(found).mean() if found else student.sum() * 0.0


class SimilarityMSE(RelationDistiller):
    """Mean over pairs of (cos^s_ij - cos^t_ij)^2: a term of the stella and jasper embedders (Zhang
    et al. 2024; weight 200).

    per_modality: over each modality's rows, summed."""

    def __init__(self, per_modality: bool = False) -> None:
        super().__init__(per_modality)

    def _loss(self, student: Tensor, teacher: Tensor) -> Tensor:
        return (student @ student.T - teacher @ teacher.T).square().mean()


class SimilarityRank(RelationDistiller):
    """Mean over triples (i, j, k) with cos^t_ij > cos^t_ik of max(0, margin - cos^s_ij + cos^s_ik):
    what is nearer for the teacher is nearer for the student (the triplet term of stella and jasper,
    Zhang et al. 2024, weight 20, over the pairs of one row instead of all pairs of pairs: O(B^3)
    and not O(B^4)).

    per_modality: over each modality's rows, summed."""

    # Not zero_at_optimum: pairs that the teacher holds nearly alike are pushed apart by `margin`.
    claims = ("bfloat16",)

    def __init__(self, margin: float = 0.015, per_modality: bool = False) -> None:
        super().__init__(per_modality)
        self.margin = arguments.number("SimilarityRank", "margin", margin, 0)

    def _loss(self, student: Tensor, teacher: Tensor) -> Tensor:
        s, t = off_diagonal(student @ student.T), off_diagonal(teacher @ teacher.T)
        nearer = t[:, :, None] > t[:, None, :]
        gaps = (self.margin - s[:, :, None] + s[:, None, :]).relu()
        return (gaps * nearer).sum() / nearer.sum().clamp_min(1)


class MarginMSE(RelationDistiller):
    """Mean over triples (i, j, k) of ((cos^s_ij - cos^s_ik) - (cos^t_ij - cos^t_ik))^2: the margins
    between two similarities of one row (Hofstaetter et al. 2020, with every pair of other rows as
    positive and negative). It is twice the variance of cos^s_i - cos^t_i, so O(B^2).

    per_modality: over each modality's rows, summed."""

    def __init__(self, per_modality: bool = False) -> None:
        super().__init__(per_modality)

    def _loss(self, student: Tensor, teacher: Tensor) -> Tensor:
        gaps = off_diagonal(student @ student.T - teacher @ teacher.T)
        if not gaps.numel():
            return student.sum() * 0.0
        return 2 * gaps.var(1, correction=0).mean()


def _divergence(scores: Tensor, wanted: Tensor) -> Tensor:
    """scores[N, M], wanted[N, M] -> mean_i KL(softmax(wanted_i) || softmax(scores_i))"""
    log_p, log_q = wanted.log_softmax(1), scores.log_softmax(1)
    return (log_p.exp() * (log_p - log_q)).sum(1).mean()
