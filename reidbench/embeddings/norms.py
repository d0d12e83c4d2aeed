"""What the norms of features tell, without a second copy of all of them."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

_ROWS = 4096
"""Rows looked at together: what is made of them stays small."""


def rows_not_finite(features: Tensor) -> list[int]:
    """The rows of features[N, D] that hold NaN or an infinity.

    A row whose norm is finite is finite: one sum a row is all that is kept, where a mask of all
    values would take longer and a quarter of their memory or more. Only a norm that is not finite
    makes its row be looked at: the squares of finite numbers may be too large."""
    return [
        first + row
        for first, norms in _norms(features)
        for row in (~norms.isfinite()).nonzero().squeeze(1).tolist()
        if not features[first + row].isfinite().all()
    ]


def rows_of_zeros(features: Tensor) -> list[int]:
    """The rows of features[N, D] that have no direction: all zeros, or of a norm that fp32 cannot
    tell from 0."""
    return [
        first + row
        for first, norms in _norms(features)
        for row in (norms == 0).nonzero().squeeze(1).tolist()
    ]


def _norms(features: Tensor) -> Iterator[tuple[int, Tensor]]:
    for first in range(0, len(features), _ROWS):
        part = features[first : first + _ROWS]
        wide = torch.promote_types(part.dtype, torch.float32)
        yield first, torch.linalg.vector_norm(part, dim=1, dtype=wide)
