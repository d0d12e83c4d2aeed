"""Feature relation: the student's dimensions learn to correlate as the teacher's do."""

from __future__ import annotations

import torch
from torch import Tensor

from reidbench.tools import arguments

from .base import FORMS, RowDistiller


class FR(RowDistiller):
    """mean_r (1 - cos(R^s_r, R^t_r)) over the rows of the D x D correlation matrices of student
    and teacher over the batch (arXiv 2602.12936).

    A column that is constant over the batch has no correlation: it contributes 1 and no gradient.
    No D x D matrix is computed: with standardised columns Z[B, D], R = Z^T Z / B, and all
    row products R_r . R'_r are the column sums of ((Z Z'^T) Z') * Z / B^2, O(B^2 D).

    form: 'cosine', or 'mse': mean over elements of (R^s - R^t)^2.
    per_modality: over each modality's rows, summed.
    normalize_teacher: L2-normalise the teacher's rows first."""

    def __init__(
        self,
        form: str = "cosine",
        per_modality: bool = False,
        normalize_teacher: bool = False,
    ) -> None:
        super().__init__(per_modality, normalize_teacher)
        self.form = arguments.one_of("FR", "form", form, FORMS)

    def _loss(self, student: Tensor, teacher: Tensor) -> Tensor:
        s, t = _standardised(student), _standardised(teacher)
        if self.form == "mse":
            # |R^s - R^t|^2 = |G_ss|^2 - 2 |G_st|^2 + |G_tt|^2, each a B x B Gram matrix over B
            squares = (s @ s.T).square() - 2 * (s @ t.T).square() + (t @ t.T).square()
            return squares.sum() / (s.shape[0] * s.shape[1]) ** 2
        # Rows of R for columns that vary have a 1 on the diagonal: only the others are clamped.
        norm_s = _row_squares(s).clamp_min(1e-6).sqrt()
        norm_t = _row_products(t, t).clamp_min(1e-6).sqrt()
        return (1 - _row_products(s, t) / (norm_s * norm_t)).mean()


def _row_products(a: Tensor, b: Tensor) -> Tensor:
    """a[B, D], b[B, D] standardised -> [D]: the product of row r of both correlation matrices."""
    return ((a @ b.T) @ b * a).sum(0) / len(a) ** 2


def _row_squares(a: Tensor) -> Tensor:
    """a[B, D] standardised -> [D]: `_row_products(a, a)`. Its four factors are alike, so the
    gradient is twice that of the first two: two products of B x B x D instead of four."""
    half = _row_products(a, a.detach())
    return 2 * half - half.detach()


def _standardised(x: Tensor) -> Tensor:
    """Columns of mean 0 and standard deviation 1; constant columns become 0."""
    mean = x.mean(0)
    centred = x - mean
    variance = centred.square().mean(0)
    # A variance below (1e-6 of the column's size) squared is rounding error of a constant column.
    varies = variance > 1e-12 * (variance + mean.square()).detach()
    return centred * torch.where(varies, variance.clamp_min(1e-12).rsqrt(), 0)
