"""Ranks that say what the data can tell: rows that they cannot separate share one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ..evaluation.bootstrap import paired


def ranks(figures: Mapping[str, np.ndarray], pids: Sequence[str]) -> dict[str, int]:
    """name -> rank of rows by the mean of their figures[name][Nq] over the same queries, whose
    identities are pids[Nq]; higher is better.

    The best row opens a group; a row joins it while the 95% interval of its paired difference to
    that first row holds 0 (identities resampled), and otherwise opens the next. The rank of a group
    is the place of its first row, so ranks read as 1, 1, 3, 4, 4. Where nothing can be resampled (a
    single identity), only equal means share a rank."""
    order = sorted(figures, key=lambda name: (-figures[name].mean(), name))
    found: dict[str, int] = {}
    first = ""
    for place, name in enumerate(order, start=1):
        if not first or _separable(figures[first], figures[name], pids):
            first = name
            found[name] = place
        else:
            found[name] = found[first]
    return found


def _separable(first: np.ndarray, other: np.ndarray, pids: Sequence[str]) -> bool:
    if np.array_equal(first, other):
        return False
    mean, low, high = paired({"": first}, {"": other}, pids)[""]
    return mean > 0 if np.isnan(low) else low > 0 or high < 0
