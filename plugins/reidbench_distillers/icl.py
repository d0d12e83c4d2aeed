"""Interactive contrastive learning: each student row finds its teacher row among all of them."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from reidbench.tools import arguments

from .base import RowDistiller


class ICL(RowDistiller):
    """Cross entropy of cos(s_i, t_j) / temperature over the teacher rows t_j of the batch, target i
    (Yang et al., CLIP-KD, CVPR 2024).

    temperature: 0.07 is CLIP's at its start.
    per_modality: over each modality's rows, summed."""

    claims = ("bfloat16",)

    def __init__(self, temperature: float = 0.07, per_modality: bool = False) -> None:
        super().__init__(per_modality, normalize_teacher=True)
        self.temperature = arguments.positive_number("ICL", "temperature", temperature)

    def _loss(self, student: Tensor, teacher: Tensor) -> Tensor:
        scores = student @ teacher.T / self.temperature
        return F.cross_entropy(scores, torch.arange(len(scores), device=scores.device))
