"""One task in one deployment mode -> its figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from reidbench_registry import DataError, Metric, Record, Task

from .ranking import rank


class Side(NamedTuple):
    """The embedded records of one model, by item id."""

    features: np.ndarray
    row: Mapping[str, int]

    def of(self, records: Sequence[Record]) -> np.ndarray:
        return self.features[[self.row[r.item_id] for r in records]]


def score(
    task: Task, records: Sequence[Record], query: Side, gallery: Side, metrics: Sequence[Metric]
) -> dict[str, Any]:
    """Counts, chance and the mean of each metric over the valid queries, in [0, 1].

    Raises DataError when the task selects nothing or no query has an admissible positive."""
    queries = [r for r in records if task.query(r)]
    shown = [r for r in records if task.gallery(r)]
    ranking = rank(task, queries, query.of(queries), shown, gallery.of(shown))
    if not ranking.n_valid:
        raise DataError(f"task {task.name!r}: none of {len(queries)} queries has a positive")
    figures = {
        name: float(values.mean())
        for metric in metrics
        for name, values in metric(ranking.ranks).items()
    }
    return {
        "n_query": ranking.n_query,
        "n_valid": ranking.n_valid,
        "n_gallery": ranking.n_gallery,
        "chance_R1": ranking.chance_r1,
        "ties": ranking.ties,
        "metrics": figures,
    }
