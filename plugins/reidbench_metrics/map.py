"""Average precision."""

from __future__ import annotations

from typing import Literal

import numpy as np

from reidbench.tools import arguments
from reidbench_registry import Ranks


class MAP:
    """mAP: the mean, over all positives of a query, of the precision at their ranks.

    rule: `positives`: over the whole list, not interpolated, the j-th positive at rank r adds
        j / r; the figure `mAP`. `trapezoid`: the mean of that and of the precision one rank
        before, 1 where there is none (SSAN's code, Ding et al., arXiv 2107.12666); the figure
        `mAP-trapezoid`, which cannot be compared with the other.

    Raises ConfigError for another rule."""

    def __init__(self, rule: Literal["positives", "trapezoid"] = "positives") -> None:
        self.rule = arguments.one_of("mAP", "rule", rule, ("positives", "trapezoid"))

    def __call__(self, ranks: Ranks) -> dict[str, np.ndarray]:
        """ranks of Nq queries -> {'mAP': float64[Nq]}"""
        first, n_pos = ranks.offsets[:-1], np.diff(ranks.offsets)
        place = np.arange(1, len(ranks.ranks) + 1) - np.repeat(first, n_pos)
        precision = place / ranks.ranks
        if self.rule == "positives":
            return {"mAP": np.add.reduceat(precision, first) / n_pos}
        before = np.where(ranks.ranks > 1, (place - 1) / np.maximum(1, ranks.ranks - 1), 1.0)
        return {"mAP-trapezoid": np.add.reduceat((precision + before) / 2, first) / n_pos}
