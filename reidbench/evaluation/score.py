"""One task in one deployment mode -> its figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from reidbench_registry import DataError, Metric, Record, Task

from .bootstrap import intervals
from .plan import plan
from .ranking import Ranking, rank
from .trials import draws

COLLAPSED = 0.05
"""Gap between the optimistic and the pessimistic figure from which a model is called collapsed."""

FUSION = "mean of the members' normalised features"
"""How composite queries are asked that a model does not embed as a whole."""


class Side(NamedTuple):
    """The embedded records of one model, by item id."""

    features: Tensor
    row: Mapping[str, int]

    @classmethod
    def of(cls, features: Tensor, item_ids: Sequence[str]) -> Side:
        return cls(features, {item: row for row, item in enumerate(item_ids)})

    def asked_with(self, record: Record) -> Sequence[str]:
        """The items whose features are the record's: those of a composite query that was not
        embedded as a whole are its members."""
        return (
            record.members
            if record.members and record.item_id not in self.row
            else [record.item_id]
        )

    def take(self, records: Sequence[Record]) -> Tensor:
        """features[len(records), D]; a composite query that was not embedded as a whole has the
        mean of its members' normalised features. Raises DataError naming items without a feature.
        """
        parts = [self.asked_with(r) for r in records]
        items = list(chain.from_iterable(parts))
        missing = [item for item in items if item not in self.row]
        if missing:
            raise DataError(f"{len(missing)} items have no embedding, first {missing[0]!r}")
        rows = [self.row[item] for item in items]
        # Rows that already stand in order are not copied: a gallery may be large.
        if rows and rows == list(range(rows[0], rows[-1] + 1)):
            found = self.features[rows[0] : rows[-1] + 1]
        else:
            found = self.features[torch.tensor(rows, dtype=torch.long)]
        if len(items) == len(records):
            return found
        sizes = torch.tensor([len(p) for p in parts])
        owner = torch.arange(len(parts)).repeat_interleave(sizes).to(found.device)
        fused = torch.zeros(len(parts), found.shape[1], device=found.device)
        fused.index_add_(0, owner, functional.normalize(found.float(), dim=1))
        return fused / sizes.to(found.device).unsqueeze(1)


@dataclass(frozen=True)
class Scored:
    """The figures of a task, as a row of the result and query by query."""

    row: dict[str, Any]
    queries: list[Record]
    """the valid queries; those of the first trial where queries are drawn"""
    per_query: dict[str, np.ndarray]
    """metric -> float64[len(queries)], averaged over trials"""


def score(
    task: Task, records: Sequence[Record], query: Side, gallery: Side, metrics: Sequence[Metric]
) -> Scored:
    """Counts, chance, and for each metric its mean over valid queries (in [0, 1]), the interval of
    that mean and the bracket that near-ties leave open.

    Raises DataError when the task selects nothing or no query has an admissible positive."""
    exact: list[dict[str, np.ndarray]] = []
    bracket: list[dict[str, tuple[float, float]]] = []
    sizes, chances = [], []
    valid: np.ndarray | None = None
    queries: list[Record] = []
    for asked, shown in draws(task, records):
        ranking = rank(plan(task, asked, shown), query.take(asked), gallery.take(shown))
        queries = queries or asked
        if not ranking.n_valid:
            raise DataError(f"task {task.name!r}: none of {len(asked)} queries has a positive")
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
    kept = [queries[i] for i in valid]
    spread = intervals(per_query, [r.pid for r in kept])
    row = {
        "n_query": len(queries),
        "n_valid": len(kept),
        "n_gallery": sizes[0] if len(set(sizes)) == 1 else sizes,
        "chance_R1": float(np.mean(chances)),
        "metrics": {n: float(v.mean()) for n, v in per_query.items()},
        # JSON knows no NaN.
        "interval": {n: None if np.isnan(i).any() else list(i) for n, i in spread.items()},
        "bracket": edges,
        "collapsed": any(high - low > COLLAPSED for low, high in edges.values()),
    }
    if fused := sum(len(query.asked_with(r)) > 1 for r in queries):
        row["fused"] = {"queries": fused, "by": FUSION}
    return Scored(row, kept, per_query)


def _figures(metrics: Sequence[Metric], ranking: Ranking) -> dict[str, np.ndarray]:
    return {n: v for metric in metrics for n, v in metric(ranking.exact).items()}


def _bracket(metrics: Sequence[Metric], ranking: Ranking) -> dict[str, tuple[float, float]]:
    """Each metric's mean with near-ties decided against the positives, and in their favour."""
    low = {n: v.mean() for m in metrics for n, v in m(ranking.pessimistic).items()}
    high = {n: v.mean() for m in metrics for n, v in m(ranking.optimistic).items()}
    return {n: (float(low[n]), float(high[n])) for n in low}
