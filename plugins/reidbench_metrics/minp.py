"""Inverse negative penalty."""

from __future__ import annotations

import numpy as np

from reidbench_registry import Ranks


class MINP:
    """mINP: the number of a query's positives divided by the rank of the last one (Ye et al., TPAMI
    2021). It measures how much of the list must be read to find all of them."""

    def __call__(self, ranks: Ranks) -> dict[str, np.ndarray]:
        """ranks of Nq queries -> {'mINP': float64[Nq]}"""
        return {"mINP": np.diff(ranks.offsets) / ranks.ranks[ranks.offsets[1:] - 1]}
