"""Average precision."""

from __future__ import annotations

import numpy as np

from reidbench_registry import Ranks


class MAP:
    """mAP: the mean, over all positives of a query, of the precision at their ranks.

    Over the whole list, not interpolated, no trapezoid: the j-th positive at rank r adds j / r."""

    def __call__(self, ranks: Ranks) -> dict[str, np.ndarray]:
        """ranks of Nq queries -> {'mAP': float64[Nq]}"""
        first, n_pos = ranks.offsets[:-1], np.diff(ranks.offsets)
        place = np.arange(1, len(ranks.ranks) + 1) - np.repeat(first, n_pos)
        return {"mAP": np.add.reduceat(place / ranks.ranks, first) / n_pos}
