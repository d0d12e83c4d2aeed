"""One pass over a task in a mode: everything of a report that needs similarities.

The task is ranked again by the engine that scored it. On the way the heads of the shown queries
are kept, and the similarities of positives and of some negatives are counted into narrow bins: the
matrix of all similarities never exists.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from reidbench_registry import DataError, Record, Task

from ..evaluation.plan import Plan, plan
from ..evaluation.ranking import Chunk, rank
from ..evaluation.scoring import Pair
from ..evaluation.top_k import Head, Heads
from ..evaluation.trials import draws

BINS = 4000
"""Bins over [-1, 1] into which similarities are counted."""
NEGATIVES = 64
"""Gallery items of each query that are drawn; those that are negatives are counted."""
PAIRS = 2**20
"""Positives that are looked at at once."""


class Similarities:
    """Counts of the similarities of admissible pairs: all positives, some negatives."""

    def __init__(self, plan: Plan, seed: int = 0) -> None:
        self.plan = plan
        self.positives = np.zeros(BINS, np.int64)
        self.negatives = np.zeros(BINS, np.int64)
        self._rng = np.random.default_rng(seed)
        self._most = max(1, int(np.diff(plan.positives.start).max(initial=0)))

    def __call__(self, chunk: Chunk) -> None:
        rows, size = chunk.similarity.shape
        values, inverse_norm = chunk.similarity.cpu().numpy(), chunk.inverse_norm.cpu().numpy()
        step = max(1, PAIRS // self._most)
        for first in range(0, rows, step):
            n = min(step, rows - first)
            row, column = self.plan.positives.members(chunk.first + first, n)
            row = row + first
            kept = ~self.plan.excluded.contains(row + chunk.first, column)
            row, column = row[kept], column[kept]
            self.positives += _counted(values[row, column] * inverse_norm[column])
        row = np.repeat(np.arange(rows), NEGATIVES)
        column = self._rng.integers(size, size=len(row))
        out = self.plan.excluded.contains(row + chunk.first, column)
        out |= self.plan.positives.contains(row + chunk.first, column)
        row, column = row[~out], column[~out]
        self.negatives += _counted(values[row, column] * inverse_norm[column])


@dataclass(frozen=True)
class Looked:
    """What one pass saw."""

    queries: Sequence[Record]
    """the valid ones; of the first trial where queries are drawn"""
    first_hit: np.ndarray
    """int64[trials, Nv]: rank of the best positive, among identities where the task counts those"""
    gallery: Sequence[Record]
    """of the first trial"""
    similarities: Similarities
    heads: dict[str, Head] = field(default_factory=dict)
    """query -> the head of its list, in the first trial"""


def look(task: Task, records: Sequence[Record], pair: Pair, shown: Iterable[str], k: int) -> Looked:
    """Rank the task, in all its trials; `shown`: item ids of the queries whose lists are kept.

    Raises DataError when no query has a positive, and as the engine does."""
    wanted = set(shown)
    hits: list[np.ndarray] = []
    found: Looked | None = None
    for trial in draws(task, records):
        made = plan(task, trial.queries, trial.gallery)
        seen, heads = Similarities(made), Heads(made, (), k)
        if found is None:
            places = [i for i, r in enumerate(trial.queries) if r.item_id in wanted]
            heads = Heads(made, places, k)

        def watch(chunk: Chunk, seen: Similarities = seen, heads: Heads = heads) -> None:
            seen(chunk)
            heads(chunk)

        ranking = rank(
            made,
            pair.query.take(trial.queries),
            pair.gallery.take(trial.gallery),
            watch=watch if found is None else None,
        )
        if not ranking.n_valid:
            raise DataError("no query has a positive")
        ranks = ranking.exact
        best = ranks.ranks[ranks.offsets[:-1]]
        if ranks.identities_above is not None:
            best = ranks.identities_above + 1
        hits.append(best)
        if found is None:
            lists = {trial.queries[q].item_id: one for q, one in heads.of_query.items()}
            valid = [trial.queries[i] for i in ranking.valid]
            found = Looked(valid, best[None], trial.gallery, seen, lists)
    assert found is not None
    return Looked(found.queries, np.stack(hits), found.gallery, found.similarities, found.heads)


def _counted(similarity: np.ndarray) -> np.ndarray:
    place = ((similarity + 1) * (BINS / 2)).astype(np.int64)
    return np.bincount(place.clip(0, BINS - 1), minlength=BINS)
