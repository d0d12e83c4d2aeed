"""Each student embedding moves towards its teacher's: in direction, or in every element."""

from __future__ import annotations

from torch import Tensor

from .base import SCALE, RowDistiller, cosine_gap


class Cosine(RowDistiller):
    """mean_i (1 - cos(s_i, t_i)) (arXiv 2602.12936).

    per_modality: over each modality's rows, summed."""

    def __init__(self, per_modality: bool = False) -> None:
        super().__init__(per_modality, normalize_teacher=False)

    def _loss(self, student: Tensor, teacher: Tensor) -> Tensor:
        return cosine_gap(student, teacher)


class FeatureMSE(RowDistiller):
    """Mean over elements of ((s_i - t_i) / 3)^2: the term of the released from-scratch variant
    (arXiv 2602.12936). The student's rows are L2-normalised.

    per_modality: over each modality's rows, summed.
    normalize_teacher: L2-normalise the teacher's rows."""

    # Not zero_at_optimum: a unit row cannot equal a teacher row of another length.
    claims = ("bfloat16",)

    def __init__(self, per_modality: bool = False, normalize_teacher: bool = False) -> None:
        super().__init__(per_modality, normalize_teacher)

    def _loss(self, student: Tensor, teacher: Tensor) -> Tensor:
        return ((student - teacher) / SCALE).square().mean()
