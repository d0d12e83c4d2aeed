"""Cosine distillation: each student embedding turns towards its teacher's."""

from __future__ import annotations

from torch import Tensor

from .base import RowDistiller, cosine_gap


class Cosine(RowDistiller):
    """mean_i (1 - cos(s_i, t_i)) (arXiv 2602.12936)."""

    def __init__(self) -> None:
        super().__init__(per_modality=False, normalize_teacher=False)

    def _loss(self, student: Tensor, teacher: Tensor) -> Tensor:
        return cosine_gap(student, teacher)
