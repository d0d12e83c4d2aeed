"""Similarity preserving: the rows' similarities to all rows of the batch."""

from __future__ import annotations

from torch import Tensor

from .base import RelationDistiller, unit


class SP(RelationDistiller):
    """||N(S S^T) - N(T T^T)||_F^2 / B^2, N: every row divided by its L2 norm (Tung and Mori, ICCV
    2019; usual weight 3000). The rows of S[B, D] and T[B, D'] are used as they are.

    normalize: L2-normalise the rows of both first.
    per_modality: over each modality's rows, summed."""

    def __init__(self, normalize: bool = False, per_modality: bool = False) -> None:
        super().__init__(per_modality, normalize)

    def _loss(self, student: Tensor, teacher: Tensor) -> Tensor:
        gap = unit(student @ student.T) - unit(teacher @ teacher.T)
        return gap.square().mean()
