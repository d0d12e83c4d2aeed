"""Curves and histograms over the queries of a task: CMC with its band, AP, similarities."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..evaluation.bootstrap import RESAMPLES, intervals
from .looks import BINS, Similarities

RANKS = (1, 2, 3, 5, 10, 20, 50)
MANY_PEOPLE = 20_000
FEW_RESAMPLES = 1_000
"""Of so many identities, whose band is narrow."""
AP_BINS = 20
BARS = 40


def cmc(first_hit: np.ndarray, pids: Sequence[str]) -> dict[str, Any]:
    """The curve over first_hit[trials, Nv], the ranks of the best positives, and its band at 95%
    from resampled identities; no band (empty lists) with a single identity."""
    people = len(set(pids))
    # By trial, so that nothing of [trials, Nv, ranks] exists.
    hits = {str(k): (first_hit <= k).mean(axis=0) for k in RANKS}
    resamples = RESAMPLES if people <= MANY_PEOPLE else FEW_RESAMPLES
    bands = list(intervals(hits, pids, resamples=resamples).values())
    known = people > 1
    return {
        "ranks": list(RANKS),
        "values": [float(values.mean()) for values in hits.values()],
        "low": [low for low, _ in bands] if known else [],
        "high": [high for _, high in bands] if known else [],
    }


def ap(values: np.ndarray) -> dict[str, Any]:
    """How many queries have which average precision."""
    counts, edges = np.histogram(values, bins=AP_BINS, range=(0, 1))
    return {"edges": [round(float(e), 2) for e in edges], "counts": counts.tolist()}


def similarity(seen: Similarities) -> dict[str, Any] | None:
    """Fractions of the positives and of the negatives in 40 bars, over the range that they take;
    None when there are neither."""
    both = seen.positives + seen.negatives
    places = both.nonzero()[0]
    if not len(places):
        return None
    width = -(-int(places[-1] - places[0] + 1) // BARS)
    # Around the middle, within [-1, 1].
    first = int(np.clip((places[0] + places[-1] + 1 - width * BARS) // 2, 0, BINS - width * BARS))
    edges = (first + width * np.arange(BARS + 1)) * (2 / BINS) - 1

    def bars(counts: np.ndarray) -> list[float]:
        sums = counts[first : first + width * BARS].reshape(BARS, width).sum(axis=1)
        return [round(float(x), 6) for x in sums / max(1, counts.sum())]

    return {
        "edges": [round(float(e), 5) for e in edges],
        "positives": bars(seen.positives),
        "negatives": bars(seen.negatives),
    }
