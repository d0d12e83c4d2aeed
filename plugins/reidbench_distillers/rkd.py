"""Relational knowledge distillation: distances and angles between the rows of a batch."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from reidbench.tools import arguments

from .base import SHORTEST, RelationDistiller


class RKD(RelationDistiller):
    """distance * mean_ij smooth_l1(d^s_ij / m^s, d^t_ij / m^t) + angle * mean_ijk
    smooth_l1(a^s_ijk, a^t_ijk) (Park et al., CVPR 2019): d_ij the Euclidean distance of two rows, m
    the mean over pairs of different rows, a_ijk the cosine of the angle at row j between i and k.

    distance, angle: weights, of which 1 and 2 are the paper's for metric learning. The angles take
        B^3 numbers: 8 MB of fp32 for B 128, 540 MB for B 512.
    normalize: L2-normalise the rows of both first; the paper does not in metric learning.
    per_modality: over each modality's rows, summed."""

    def __init__(
        self,
        distance: float = 1.0,
        angle: float = 2.0,
        normalize: bool = False,
        per_modality: bool = False,
    ) -> None:
        super().__init__(per_modality, normalize)
        self.distance = arguments.number("RKD", "distance", distance, 0)
        self.angle = arguments.number("RKD", "angle", angle, 0)

    def _loss(self, student: Tensor, teacher: Tensor) -> Tensor:
        loss = student.sum() * 0.0
        if self.distance:
            loss = loss + self.distance * F.smooth_l1_loss(_distances(student), _distances(teacher))
        if self.angle:
            loss = loss + self.angle * F.smooth_l1_loss(_angles(student), _angles(teacher))
        return loss


def _distances(rows: Tensor) -> Tensor:
    """rows[B, D] -> [B, B], divided by the mean of those that are not 0."""
    squares = rows.square().sum(1)
    squared = squares[:, None] + squares - 2 * rows @ rows.T
    # Of equal rows rounding leaves a little: no distance, and the root gets no gradient.
    far = squared > 1e-7 * (squares[:, None] + squares).detach()
    distances = torch.where(far, squared, 1.0).sqrt() * far
    return distances / (distances.sum() / far.sum().clamp_min(1)).clamp_min(SHORTEST)


def _angles(rows: Tensor) -> Tensor:
    """rows[B, D] -> [B, B, B]: the cosine of the angle at the first index."""
    sides = rows[None, :] - rows[:, None]
    lengths = sides.square().sum(2, keepdim=True)
    far = lengths > 1e-14
    sides = torch.where(far, sides, 0.0) * torch.where(far, lengths, 1.0).rsqrt()
    return sides @ sides.transpose(1, 2)
