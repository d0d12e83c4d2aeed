"""Counting kernel in plain torch: any device, and the CPU where numba is not installed."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from .kernel import TOLERANCE, Counts
from .plan import Groups, Plan


def count(similarity: Any, first: int, plan: Plan, inverse_norm: Any) -> Counts:
    """See `kernel.Kernel`; `similarity` and `inverse_norm` may be tensors on any device."""
    similarity, inverse_norm = torch.as_tensor(similarity), torch.as_tensor(inverse_norm)
    device, n = similarity.device, len(similarity)
    similarity *= inverse_norm
    out_row, out_column = _members(plan.excluded, first, n, device)
    similarity[out_row, out_column] = -torch.inf
    row, column = _members(plan.positives, first, n, device)
    kept = similarity[row, column] != -torch.inf
    row, column = row[kept], column[kept]
    values = similarity[row, column]

    # Sorted rows answer "how many are above" by binary search, a padded line per row.
    ascending = similarity.sort(dim=1).values
    n_pos = torch.bincount(row, minlength=n)
    place = torch.arange(len(row), device=device) - (n_pos.cumsum(0) - n_pos)[row]
    tolerance = torch.tensor(TOLERANCE, dtype=torch.float32)
    sure = _above(ascending, row, place, n_pos, values + tolerance)
    likely = _above(ascending, row, place, n_pos, values - tolerance)

    tie = torch.as_tensor(plan.tie, device=device)
    exact = likely.clone()
    for i in (likely - sure != 1).nonzero().squeeze(1).tolist():
        line, value = similarity[row[i]], values[i]
        before = (line > value) | ((line == value) & (tie < tie[column[i]]))
        exact[i] = 1 + before.sum()

    # By rank within each row; then the positives themselves leave the bounds.
    order = torch.argsort(exact, stable=True)
    order = order[torch.argsort(row[order], stable=True)]
    row, column, values, exact, sure, likely = (
        x[order] for x in (row, column, values, exact, sure, likely)
    )
    index = torch.arange(len(row), device=device) - (n_pos.cumsum(0) - n_pos)[row]
    own = torch.full((n, max(int(n_pos.max()), 1) if n else 1), -torch.inf, device=device)
    own[row, index] = values
    own = own.sort(dim=1).values
    low = sure - _above(own, row, index, n_pos, values + tolerance) + index + 1
    high = likely - _above(own, row, index, n_pos, values - tolerance) + index + 1

    above = None
    if plan.identity is not None:
        above = _identities_above(similarity, row, column, index, tie, plan.identity)
    n_out = plan.excluded.sizes()[first : first + n]
    counts = [x.cpu().numpy() for x in (exact, low, high, n_pos)]
    return Counts(counts[0], counts[1], counts[2], counts[3], n_out, above)


def _members(groups: Groups, first: int, n: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """(row, column) of every gallery item in the groups of `n` queries from `first`."""
    row, column = groups.members(first, n)
    return torch.from_numpy(row).to(device), torch.from_numpy(column).to(device)


def _above(ascending: Tensor, row: Tensor, place: Tensor, n: Tensor, edges: Tensor) -> Tensor:
    """int64[P]: values of `ascending[row[i]]` that are greater than `edges[i]`."""
    rows, width = len(n), max(int(n.max()), 1) if len(n) else 1
    padded = torch.full((rows, width), torch.inf, device=ascending.device)
    padded[row, place] = edges
    places = torch.searchsorted(ascending, padded, right=True)
    return ascending.shape[1] - places[row, place]


def _identities_above(
    similarity: Tensor, row: Tensor, column: Tensor, index: Tensor, tie: Tensor, codes: np.ndarray
) -> np.ndarray:
    """int64[n, 3]: distinct admissible identities before each row's best positive: exactly, and
    with what lies within the tolerance decided in its favour and against it."""
    identity = torch.as_tensor(codes, device=similarity.device)
    tolerance = torch.tensor(TOLERANCE, dtype=torch.float32)
    above = np.zeros((len(similarity), 3), np.int64)
    best = index == 0
    for q, j in zip(row[best].tolist(), column[best].tolist(), strict=True):
        line = similarity[q]
        exactly = (line > line[j]) | ((line == line[j]) & (tie < tie[j]))
        others = (line != -torch.inf) & (identity != identity[j])
        for k, ahead in enumerate(
            (exactly, line > line[j] + tolerance, line > line[j] - tolerance)
        ):
            above[q, k] = len(identity[ahead & others].unique())
    return above
