"""Correlation congruence: the gaps of neighbouring rows go together."""

from __future__ import annotations

from torch import Tensor

from .base import RowDistiller


class CC(RowDistiller):
    """mean_i sum_d |s_i - t_i|_d |s_(i+1) - t_(i+1)|_d over the neighbours in the batch, as the
    public code of Peng et al. (ICCV 2019) has it (usual weight 0.02). The rows of both are
    L2-normalised; a batch of one row gives 0.

    per_modality: over each modality's rows, summed."""

    def __init__(self, per_modality: bool = False) -> None:
        super().__init__(per_modality, normalize_teacher=True)

    def _loss(self, student: Tensor, teacher: Tensor) -> Tensor:
        gaps = (student - teacher).abs()
        if len(gaps) < 2:
            return gaps.sum() * 0.0
        return (gaps[:-1] * gaps[1:]).sum(1).mean()
