"""Identity classification."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from reidbench.tools import arguments


class ID:
    """Cross entropy of the classifier over the train identities; `label_smoothing` in [0, 1).

    A batch without rows gives a connected 0."""

    claims = ("bfloat16",)
    needs_logits = True

    def __init__(self, label_smoothing: float = 0.0) -> None:
        self.label_smoothing = arguments.fraction(
            "ID", "label_smoothing", label_smoothing, one=False
        )

    def __call__(
        self, features: Tensor, labels: Tensor, modality: Tensor, logits: Tensor | None = None
    ) -> dict[str, Tensor]:
        """labels[B], logits[B, C] -> {'ID': scalar}. Raises ValueError without logits."""
        if logits is None:
            raise ValueError("ID needs the classifier's logits[B, C]")
        if not len(labels):
            return {"ID": logits.sum()}
        return {"ID": F.cross_entropy(logits, labels, label_smoothing=self.label_smoothing)}
