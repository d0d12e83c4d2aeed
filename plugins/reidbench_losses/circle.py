"""Circle loss."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from reidbench.tools import arguments

from .similarity import cosine_matrix


class Circle:
    """mean over anchors of softplus(logsumexp_n(g a_n (c_n - m)) + logsumexp_p(-g a_p (c_p - 1 +
    m))), c the cosines to negatives n and positives p, a_n = max(0, c_n + m), a_p = max(0, 1 + m -
    c_p), without gradient (Sun et al., CVPR 2020).

    margin: m. gamma: g, 64 to 256. Anchors without a positive or a negative are left out; without
    any anchor the loss is a connected zero."""

    claims = ("bfloat16",)

    def __init__(self, margin: float = 0.25, gamma: float = 128.0) -> None:
        self.margin = arguments.number("Circle", "margin", margin, 0)
        self.gamma = arguments.positive_number("Circle", "gamma", gamma)

    def __call__(
        self, features: Tensor, labels: Tensor, modality: Tensor, logits: Tensor | None = None
    ) -> dict[str, Tensor]:
        """features[B, D], labels[B] -> {'Circle': scalar}."""
        cosines = cosine_matrix(features)
        same = labels[:, None] == labels
        positive = same & ~torch.eye(len(labels), dtype=torch.bool, device=labels.device)
        anchors = positive.any(1) & ~same.all(1)
        if not anchors.any():
            return {"Circle": features.sum() * 0.0}
        m, g = self.margin, self.gamma
        held = cosines.detach()
        far = -g * (1 + m - held).relu() * (cosines - 1 + m)
        near = g * (held + m).relu() * (cosines - m)
        lowest = torch.finfo(cosines.dtype).min
        pull = far.masked_fill(~positive, lowest).logsumexp(1)
        push = near.masked_fill(same, lowest).logsumexp(1)
        return {"Circle": F.softplus(pull + push)[anchors].mean()}
