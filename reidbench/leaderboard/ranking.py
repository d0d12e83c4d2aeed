"""Ranks that say what the data can tell: rows that they cannot separate share one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ..evaluation.bootstrap import edges, resampled


def ranks(figures: Mapping[str, np.ndarray], pids: Sequence[str]) -> dict[str, int]:
    """name -> rank of rows by the mean of their figures[name][Nq] over the same queries, whose
    identities are pids[Nq]; higher is better.

    The best row opens a group; a row joins it while the 95% interval of its paired difference to
    that first row holds 0 (identities resampled), and otherwise opens the next. The rank of a group
    is the place of its first row, so ranks read as 1, 1, 3, 4, 4. Where nothing can be resampled (a
    single identity), only equal means share a rank."""
    # One draw of identities for all rows: the difference of two columns is their paired bootstrap.
    means = resampled(figures, pids)
    column = {name: place for place, name in enumerate(figures)}

    def separable(first: str, other: str) -> bool:
        if np.array_equal(figures[first], figures[other]):
            return False
        if means is None:
            return figures[first].mean() > figures[other].mean()
        low, high = edges(means[:, column[first]] - means[:, column[other]])
        return low > 0 or high < 0

    order = sorted(figures, key=lambda name: (-figures[name].mean(), name))
    found: dict[str, int] = {}
    first = ""
    for place, name in enumerate(order, start=1):
        if not first or separable(first, name):
            first = name
            found[name] = place
        else:
            found[name] = found[first]
    return found
