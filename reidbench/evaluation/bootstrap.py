"""Intervals of a mean over queries, by resampling identities.

Queries of one person succeed and fail together, so people are drawn, not queries (cluster
bootstrap, Field and Welsh 2007): an interval over queries would be too narrow.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

RESAMPLES = 10_000
LEVEL = 0.95
_BLOCK = 2**22
"""Random numbers drawn at once."""


def intervals(
    values: Mapping[str, np.ndarray], pids: Sequence[str], seed: int = 0, resamples: int = RESAMPLES
) -> dict[str, tuple[float, float]]:
    """Percentile intervals at 95% of the mean of each values[name][Nq]; pids[Nq] are the queries'
    identities. With fewer than two identities there is nothing to resample: (nan, nan)."""
    names = list(values)
    codes = np.unique(np.asarray(pids), return_inverse=True)[1]
    people = int(codes.max()) + 1 if len(codes) else 0
    if people < 2:
        return dict.fromkeys(names, (float("nan"), float("nan")))
    count = np.bincount(codes).astype(float)
    sums = np.stack([np.bincount(codes, values[name]) for name in names], axis=1)

    rng = np.random.default_rng(seed)
    means = np.empty((resamples, len(names)))
    step = max(1, _BLOCK // people)
    for first in range(0, resamples, step):
        draws = rng.integers(people, size=(min(step, resamples - first), people))
        # How often each person was drawn, for all resamples of the block in one count.
        flat = draws + people * np.arange(len(draws))[:, None]
        times = np.bincount(flat.ravel(), minlength=flat.size).reshape(draws.shape)
        means[first : first + step] = (times @ sums) / (times @ count)[:, None]
    edge = 100 * (1 - LEVEL) / 2
    low, high = np.percentile(means, [edge, 100 - edge], axis=0)
    return {n: (float(a), float(b)) for n, a, b in zip(names, low, high, strict=True)}


def paired(
    first: Mapping[str, np.ndarray],
    second: Mapping[str, np.ndarray],
    pids: Sequence[str],
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> dict[str, tuple[float, float, float]]:
    """Mean of first - second over the same queries and its interval, for each common metric."""
    differences = {n: first[n] - second[n] for n in first if n in second}
    edges = intervals(differences, pids, seed, resamples)
    return {n: (float(differences[n].mean()), *edges[n]) for n in differences}
