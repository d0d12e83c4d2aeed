"""Intervals of a mean over queries, by resampling identities.

Queries of one person succeed and fail together, so people are drawn, not queries (cluster
bootstrap, Field and Welsh 2007): an interval over queries would be too narrow.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

RESAMPLES = 10_000
LEVEL = 0.95
_BLOCK = 2**18
"""Random numbers drawn at once: they and their counts stay in the processor's cache."""


def intervals(
    values: Mapping[str, np.ndarray], pids: Sequence[str], seed: int = 0, resamples: int = RESAMPLES
) -> dict[str, tuple[float, float]]:
    """Percentile intervals at 95% of the mean of each values[name][Nq]; pids[Nq] are the queries'
    identities. With fewer than two identities there is nothing to resample: (nan, nan)."""
    means = resampled(values, pids, seed, resamples)
    if means is None:
        return dict.fromkeys(values, (float("nan"), float("nan")))
    low, high = edges(means)
    return {n: (float(a), float(b)) for n, a, b in zip(values, low, high, strict=True)}


def edges(means: np.ndarray) -> np.ndarray:
    """[2, ...]: both ends of the interval of means[resamples, ...]."""
    edge = 100 * (1 - LEVEL) / 2
    return np.percentile(means, [edge, 100 - edge], axis=0)


def resampled(
    values: Mapping[str, np.ndarray], pids: Sequence[str], seed: int = 0, resamples: int = RESAMPLES
) -> np.ndarray | None:
    """[resamples, len(values)]: the mean of each values[name][Nq] over identities drawn at random,
    the same draw for all in one row; None with fewer than two identities."""
    names = list(values)
    place = {pid: code for code, pid in enumerate(sorted(set(pids)))}
    people = len(place)
    if people < 2:
        return None
    codes = np.fromiter((place[pid] for pid in pids), np.int64, len(pids))
    # Sums of the figures and, last, the number of queries of each person.
    columns = [np.bincount(codes, values[name]) for name in names]
    totals = np.stack([*columns, np.bincount(codes).astype(float)], axis=1)

    rng = np.random.default_rng(seed)
    means = np.empty((resamples, len(names)))
    step = max(1, _BLOCK // people)
    shift = people * np.arange(step)[:, None]
    for first in range(0, resamples, step):
        # The generator gives the same numbers whatever the block.
        draws = rng.integers(people, size=(min(step, resamples - first), people))
        # How often each person was drawn, for all resamples of the block in one count.
        draws += shift[: len(draws)]
        times = np.bincount(draws.ravel(), minlength=draws.size).reshape(draws.shape)
        drawn = times.astype(float) @ totals
        means[first : first + step] = drawn[:, :-1] / drawn[:, -1:]
    return means


def paired(
    first: Mapping[str, np.ndarray],
    second: Mapping[str, np.ndarray],
    pids: Sequence[str],
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> dict[str, tuple[float, float, float]]:
    """Mean of first - second over the same queries and its interval, for each common metric."""
    differences = {n: first[n] - second[n] for n in first if n in second}
    found = intervals(differences, pids, seed, resamples)
    return {n: (float(differences[n].mean()), *found[n]) for n in differences}
