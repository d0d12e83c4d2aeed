"""Probabilistic knowledge transfer: similarities as distributions over the batch."""

from __future__ import annotations

from torch import Tensor

from .base import RelationDistiller

EPSILON = 1e-7


class PKT(RelationDistiller):
    """mean_ij p^t_ij log(p^t_ij / p^s_ij), p_ij = (cos_ij + 1) / 2, divided by the sum of its row
    (Passalis and Tefas, ECCV 2018; usual weight 30000, as it is a mean over B^2 elements).

    per_modality: over each modality's rows, summed."""

    def __init__(self, per_modality: bool = False) -> None:
        super().__init__(per_modality)

    def _loss(self, student: Tensor, teacher: Tensor) -> Tensor:
        s, t = _distribution(student), _distribution(teacher)
        return (t * ((t + EPSILON) / (s + EPSILON)).log()).mean()


def _distribution(rows: Tensor) -> Tensor:
    """rows[B, D] of length 1 -> [B, B], every row of sum 1."""
    likeness = ((rows @ rows.T) + 1) / 2
    return likeness / likeness.sum(1, keepdim=True)
