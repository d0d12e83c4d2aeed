"""Cosine similarity for metric losses."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def cosine_matrix(features: Tensor) -> Tensor:
    """features[B, D] -> cosines[B, B], in fp32 even under autocast: in half precision the
    similarities of near neighbours become equal."""
    with torch.autocast(features.device.type, enabled=False):
        rows = F.normalize(
            features.to(torch.promote_types(features.dtype, torch.float32)), eps=1e-6
        )
        return rows @ rows.T
