"""Which features are not finite, without a second copy of all of them."""

from __future__ import annotations

import torch
from torch import Tensor

_ROWS = 4096
"""Rows looked at together: what is made of them stays small."""


def rows_not_finite(features: Tensor) -> list[int]:
    """The rows of features[N, D] that hold NaN or an infinity.

    A row whose norm is finite is finite: one sum a row is all that is kept, where a mask of all
    values would take as long as reading them and a quarter of their memory, or more. Only a norm
    that is not finite makes its row be looked at: the squares of finite numbers may be too large.
    """
    found: list[int] = []
    for first in range(0, len(features), _ROWS):
        part = features[first : first + _ROWS]
        wide = torch.promote_types(part.dtype, torch.float32)
        norms = torch.linalg.vector_norm(part, dim=1, dtype=wide)
        for row in (~norms.isfinite()).nonzero().squeeze(1).tolist():
            if not part[row].isfinite().all():
                found.append(first + row)
    return found
