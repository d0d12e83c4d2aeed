"""Circle loss."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from reidbench.tools import arguments
from torch import Tensor


class Circle:
    """mean over anchors of log(1 + sum_n exp(scale a_n (s_n - m)) sum_p exp(-scale a_p (s_p - 1 +
    m))), s the cosines to the anchor's negatives n and positives p of all modalities, m the margin
    (arXiv 2002.10857, equations 6 and 7).

    a_n = max(0, s_n + m) and a_p = max(0, 1 + m - s_p), without gradient: pairs that are far from
    their optimum get a larger weight. Anchors without a positive or without a negative are left
    out.

    margin, scale: 0.25 and 128, the paper's for person re-identification."""

    def __init__(self, margin: float = 0.25, scale: float = 128.0) -> None:
        self.margin = arguments.fraction("Circle", "margin", margin, one=False)
        self.scale = arguments.positive_number("Circle", "scale", scale)

    def __call__(
        self, features: Tensor, labels: Tensor, modality: Tensor, logits: Tensor | None = None
    ) -> dict[str, Tensor]:
        """features[B, D], labels[B] -> {'Circle': scalar}."""
        with torch.autocast(features.device.type, enabled=False):
            rows = F.normalize(features.float(), dim=1, eps=1e-6)
            cosines = rows @ rows.T
        same = labels[:, None] == labels
        positive = same & ~torch.eye(len(labels), dtype=torch.bool, device=labels.device)
        anchors = positive.any(1) & ~same.all(1)
        if not anchors.any():
            return {"Circle": features.sum() * 0.0}
        m = self.margin
        push = self.scale * (cosines.detach() + m).relu() * (cosines - m)
        pull = -self.scale * (1 + m - cosines.detach()).relu() * (cosines - 1 + m)
        # log(1 + AB) = softplus(log A + log B), so that no exponential overflows in fp32.
        away = push[anchors].masked_fill(same[anchors], -torch.inf).logsumexp(1)
        near = pull[anchors].masked_fill(~positive[anchors], -torch.inf).logsumexp(1)
        return {"Circle": F.softplus(away + near).mean()}
