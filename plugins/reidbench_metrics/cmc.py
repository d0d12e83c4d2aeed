"""Cumulative matching characteristics."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from reidbench_registry import ConfigError, Ranks


class CMC:
    """R<k>: 1 for a query whose best positive is among the first k gallery items, else 0.

    Where the task counts identities (SYSU-MM01, LLCM): among the first k distinct identities. With
    a gallery shorter than k, all positives are among the first k."""

    def __init__(self, ranks: Sequence[int] = (1, 5, 10)) -> None:
        if (
            not isinstance(ranks, (list, tuple))
            or not ranks
            or any(type(k) is not int or k < 1 for k in ranks)
            or len(set(ranks)) < len(ranks)
        ):
            raise ConfigError(f"CMC: ranks={ranks!r} is not a list of distinct integers from 1")
        self.ranks = tuple(ranks)

    def __call__(self, ranks: Ranks) -> dict[str, np.ndarray]:
        """ranks of Nq queries -> {'R1': float64[Nq], ...}"""
        if ranks.identities_above is None:
            best = ranks.ranks[ranks.offsets[:-1]]
        else:
            best = ranks.identities_above + 1
        return {f"R{k}": (best <= k).astype(np.float64) for k in self.ranks}
