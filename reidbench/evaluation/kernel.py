"""The contract of a counting kernel: a chunk of similarities -> the ranks of its positives.

Counting needs no ranking: the rank of a positive is one more than the number of admissible items
before it. Two kernels give the same numbers: numba's on the CPU, torch's anywhere else.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

import numpy as np

from .plan import Plan

TOLERANCE = 1e-6
"""Similarities closer than this may swap with the machine, the chunk size or the number of
threads; the bracket of a figure is what such swaps can do."""


class Counts(NamedTuple):
    """What a kernel counts for the n queries of a chunk, positives in order of their rank."""

    exact: np.ndarray
    """int64[P]: ranks of all positives of the chunk, ascending within a query"""
    low: np.ndarray
    """int64[P]: the same with everything within the tolerance decided in the positive's favour"""
    high: np.ndarray
    """int64[P]: the same, decided against it"""
    n_pos: np.ndarray
    """int64[n]: admissible positives of each query"""
    n_out: np.ndarray
    """int64[n]: gallery items that were excluded; unspecified for queries without a positive"""
    identities_above: np.ndarray | None
    """int64[n, 3], for tasks whose CMC counts identities: distinct identities before the best
    positive, exact, low and high as above"""


class Kernel(Protocol):
    def __call__(self, similarity: Any, first: int, plan: Plan, inverse_norm: Any) -> Counts:
        """similarity[n, Ng] of the queries from `first` on, still to be multiplied by
        inverse_norm[Ng] (overwritten) -> its counts."""
