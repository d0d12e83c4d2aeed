"""What the distillers have in common: checks, precision, normalisation, loop over modalities."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

FORMS = ("cosine", "mse")
SCALE = 3.0
"""Divides both features in the mean squared errors of the released from-scratch variant"""

SHORTEST, SHORT = 1e-6, 1e-3
"""Lengths of rows below which there is no direction, and below which its gradient is held back"""


class BatchDistiller(ABC):
    """What all distillers of this package do around their formula: `_loss` of a subclass contains
    only the mathematics.

    The teacher is detached. Computed in fp32 (in fp64 for fp64 features), also under autocast.
    `per_modality`: the loss is computed for each modality's rows by itself, and summed. A batch
    without rows gives a connected 0."""

    claims: tuple[str, ...] = ("bfloat16", "zero_at_optimum")
    needs_equal_dims = True
    normalize_student = True

    def __init__(self, per_modality: bool, normalize_teacher: bool) -> None:
        self.per_modality, self.normalize_teacher = per_modality, normalize_teacher

    def fit(self, teacher_bank: Tensor) -> None:
        """Nothing is learned from teacher_bank[N, D], except in subclasses that override this."""
        return None

    def __call__(self, student: Tensor, teacher: Tensor, modality: Tensor) -> Tensor:
        """student[B, D], teacher[B, D], modality[B] -> scalar; without `needs_equal_dims` the two
        may differ in D. Raises ValueError for other shapes."""
        alike = student.shape == teacher.shape or not self.needs_equal_dims
        if student.ndim != 2 or teacher.ndim != 2 or len(student) != len(teacher) or not alike:
            raise ValueError(
                f"{type(self).__name__} needs student[B, D] and teacher[B, D], got "
                f"{list(student.shape)} and {list(teacher.shape)}"
            )
        if modality.shape != student.shape[:1]:
            raise ValueError(
                f"{type(self).__name__}: {len(student)} rows, but modality{list(modality.shape)}"
            )
        if not len(student):
            return student.sum()
        with torch.autocast(student.device.type, enabled=False):
            student = _precise(student)
            if self.normalize_student:
                student = unit(student)
            teacher = _precise(teacher.detach())
            if self.normalize_teacher:
                teacher = unit(teacher)
            if not self.per_modality:
                return self._loss(student, teacher)
            groups = [modality == code for code in modality.unique()]
            return torch.stack([self._loss(student[rows], teacher[rows]) for rows in groups]).sum()

    @abstractmethod
    def _loss(self, student: Tensor, teacher: Tensor) -> Tensor:
        """student[B, D], teacher[B, D] detached -> scalar."""


class RowDistiller(BatchDistiller):
    """Compares student and teacher row by row. As in the method (arXiv 2602.12936), student rows
    are L2-normalised, teacher rows are used as they are in the bank unless `normalize_teacher`."""


class RelationDistiller(BatchDistiller):
    """Compares how the rows of a batch relate to each other, in the student's space and in the
    teacher's: the two may have different dimensions. Rows of both are L2-normalised unless
    `normalize` is False."""

    needs_equal_dims = False

    def __init__(self, per_modality: bool = False, normalize: bool = True) -> None:
        super().__init__(per_modality, normalize_teacher=normalize)
        self.normalize_student = normalize


def off_diagonal(square: Tensor) -> Tensor:
    """square[B, B] -> [B, B - 1]: each row without its element on the diagonal."""
    size = len(square)
    keep = ~torch.eye(size, dtype=torch.bool, device=square.device)
    return square[keep].view(size, max(size - 1, 0))


def unit(rows: Tensor) -> Tensor:
    """rows[B, D] of length 1, with a gradient of at most 1000 times that of the result.

    A row shorter than 1e-6 has no direction: it stays as it is, and so does its gradient. The
    gradient of a direction is 1 / length, so rows shorter than 1e-3 would drown all others: theirs
    keeps its direction and the size that it has at 1e-3."""
    return _Unit.apply(rows)


class _Unit(torch.autograd.Function):
    """By hand: built from whole operations it takes several times as long. The steps and their
    order are those of torch's own gradient of `F.normalize`, so that every bit is, too."""

    @staticmethod
    def forward(context: Any, rows: Tensor) -> Tensor:
        length = torch.linalg.vector_norm(rows, dim=1, keepdim=True)
        tiny = length < SHORTEST
        divisor = length.masked_fill(tiny, 1)
        directions = rows / divisor
        share = (length / SHORT).clamp_max(1).masked_fill(tiny, 1)
        context.save_for_backward(directions, divisor, share, tiny)
        return directions

    @staticmethod
    @once_differentiable
    def backward(context: Any, gradient: Tensor) -> Tensor:
        directions, divisor, share, tiny = context.saved_tensors
        gradient = gradient * share
        product = (directions / divisor).mul_(gradient)
        along = product.sum(1, keepdim=True).neg_().masked_fill_(tiny, 0)
        return gradient.div_(divisor).add_(torch.mul(directions, along, out=product))


def cosine_gap(a: Tensor, b: Tensor) -> Tensor:
    """mean_i (1 - cos(a_i, b_i)) of a[B, D], b[B, D]; a row of zeros contributes 1."""
    return 1 - (unit(a) * unit(b)).sum(1).mean()


def _precise(x: Tensor) -> Tensor:
    return x.to(torch.promote_types(x.dtype, torch.float32))
