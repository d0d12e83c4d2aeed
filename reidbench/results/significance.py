"""Whether a difference between two results could be chance: a paired permutation test.

If two models were alike, the figures of a person's queries could as well be exchanged between them.
So the sign of every person's difference is drawn at random, many times; p is the fraction of draws
whose mean difference is at least as large as the one that was found (two-sided; Smucker et al.,
CIKM 2007). The sign is drawn for people, not for queries, as intervals resample people.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

DRAWS = 10_000
_BLOCK = 2**20
"""Signs drawn at once."""


def p_values(
    differences: Mapping[str, np.ndarray], pids: Sequence[str], seed: int = 0, draws: int = DRAWS
) -> dict[str, float | None]:
    """metric -> p of differences[metric][Nq], whose queries show pids[Nq]; None with fewer than two
    people. The draw that was found counts as one, so p is never 0."""
    names = list(differences)
    codes = np.unique(np.asarray(pids), return_inverse=True)[1]
    people = int(codes.max()) + 1 if len(codes) else 0
    if people < 2:
        return dict.fromkeys(names, None)
    sums = np.stack([np.bincount(codes, differences[name]) for name in names], axis=1)
    # Rounding must not tell equal means apart.
    found = np.abs(sums.sum(axis=0)) * (1 - 1e-12) - 1e-12
    rng = np.random.default_rng(seed)
    reached = np.zeros(len(names))
    step = max(1, _BLOCK // people)
    for first in range(0, draws, step):
        size = (min(step, draws - first), people)
        signs = 2.0 * rng.integers(2, size=size) - 1.0
        reached += (np.abs(signs @ sums) >= found).sum(axis=0)
    return {n: float((r + 1) / (draws + 1)) for n, r in zip(names, reached, strict=True)}
