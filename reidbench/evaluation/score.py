"""One task in one deployment mode -> its figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from reidbench_registry import DataError, Metric, Ranks, Record, Task

from ..embeddings import Embeddings
from ..pluginhost import blamed_on, broken_contract
from .bootstrap import intervals
from .plan import plan
from .ranking import Ranking, rank
from .trials import draws

COLLAPSED = 0.05
"""Gap between the optimistic and the pessimistic figure from which a model is called collapsed."""

FUSION = "mean of the members' normalised features"
"""The feature of a composite query that a model does not embed as a whole."""


@dataclass(frozen=True)
class Scored:
    """The figures of a task, as a row of the result and query by query."""

    row: dict[str, Any]
    queries: list[Record]
    """the valid queries; those of the first trial where queries are drawn"""
    per_query: dict[str, np.ndarray]
    """metric -> float64[len(queries)], averaged over trials"""
    per_trial: dict[str, list[float]]
    """metric -> its mean over the queries in each trial; empty for a task without trials"""


def score(
    task: Task,
    records: Sequence[Record],
    query: Embeddings,
    gallery: Embeddings,
    metrics: Sequence[Metric],
) -> Scored:
    """Counts, Rank-1 by chance, and for each metric its mean over valid queries (in [0, 1]), the
    interval of that mean and the bracket that near-ties leave open.

    Raises DataError when the task selects nothing or no query has an admissible positive."""
    exact: list[dict[str, np.ndarray]] = []
    bracket: list[dict[str, tuple[float, float]]] = []
    sizes, chances = [], []
    valid: np.ndarray | None = None
    queries: list[Record] = []
    for trial in draws(task, records):
        ranking = rank(
            plan(task, trial.queries, trial.gallery),
            query.take(trial.queries),
            gallery.take(trial.gallery),
        )
        queries = queries or trial.queries
        if not ranking.n_valid:
            raise DataError(
                f"task {task.name!r}: none of {len(trial.queries)} queries has a positive"
            )
        if valid is not None and not np.array_equal(valid, ranking.valid):
            raise DataError(f"task {task.name!r}: trials differ in which queries have a positive")
        valid = ranking.valid
        exact.append(_figures(metrics, ranking))
        bracket.append(_bracket(metrics, ranking))
        sizes.append(ranking.n_gallery)
        chances.append(ranking.chance_r1)
    assert valid is not None
    per_query = {n: np.mean([e[n] for e in exact], axis=0) for n in exact[0]}
    edges = {n: np.mean([b[n] for b in bracket], axis=0).tolist() for n in bracket[0]}
    answered = [queries[i] for i in valid]
    spread = intervals(per_query, [r.pid for r in answered])
    row = {
        "n_query": len(queries),
        "n_valid": len(answered),
        "n_gallery": sizes[0] if len(set(sizes)) == 1 else sizes,
        "chance_R1": float(np.mean(chances)),
        "metrics": {n: float(v.mean()) for n, v in per_query.items()},
        # JSON knows no NaN.
        "interval": {n: None if np.isnan(i).any() else list(i) for n, i in spread.items()},
        "bracket": edges,
        "collapsed": any(high - low > COLLAPSED for low, high in edges.values()),
    }
    if fused := sum(r.item_id not in query.row and len(query.items_of(r)) > 1 for r in queries):
        row["fused"] = {"queries": fused, "by": FUSION}
    per_trial = {n: [float(e[n].mean()) for e in exact] for n in exact[0] if task.trials}
    return Scored(row, answered, per_query, per_trial)


def _figures(metrics: Sequence[Metric], ranking: Ranking) -> dict[str, np.ndarray]:
    return {n: v for metric in metrics for n, v in _of_queries(metric, ranking.exact).items()}


def _of_queries(metric: Metric, ranks: Ranks) -> Mapping[str, np.ndarray]:
    """name -> float64[Nq]. Raises EntryFailed for a metric that fails or returns something else."""
    with blamed_on(metric, "scoring"):
        figures = metric(ranks)
    expected = (len(ranks.offsets) - 1,)
    for name, values in figures.items() if isinstance(figures, Mapping) else [("", None)]:
        if getattr(values, "shape", None) != expected or not np.isfinite(values).all():
            raise broken_contract(
                metric, f"returned {name!r}: expected {expected[0]} finite figures, one a query"
            )
    return figures


def _bracket(metrics: Sequence[Metric], ranking: Ranking) -> dict[str, tuple[float, float]]:
    """Each metric's mean with near-ties decided against the positives, and in their favour."""
    low = {n: v.mean() for m in metrics for n, v in _of_queries(m, ranking.pessimistic).items()}
    high = {n: v.mean() for m in metrics for n, v in _of_queries(m, ranking.optimistic).items()}
    return {n: (float(low[n]), float(high[n])) for n in low}
