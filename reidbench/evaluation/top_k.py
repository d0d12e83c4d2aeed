"""The head of a query's ranked list, for queries that are shown. Nothing else is ever ranked.

It is the ranking that was scored: the same similarities, exclusions and order of ties as in
`ranking.rank`, so that a positive in the list has the rank that its figures were computed from.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from reidbench_registry import DataError

from .plan import Plan
from .ranking import MEMORY, Chunk, check, chunk_rows, chunks

REASONS = {
    "same_instance": "the same photo as the query",
    "same_pid_camera": "the same person by the same camera",
    "same_location_any_pid": "from the query's location",
}
"""Exclusion rule -> why an item is excluded, in words."""


@dataclass(frozen=True)
class Head:
    """The first items of a query's list, in order."""

    column: np.ndarray
    """int64[m]: gallery items"""
    similarity: np.ndarray
    """float32[m]: cosine, never increasing"""
    rank: np.ndarray
    """int64[m]: 1, 2, ... among the items that are not excluded; 0 for an excluded one, which
    stands where its similarity would put it"""
    more_excluded: int
    """excluded items that stand among these, too, but are left out"""


class Heads:
    """Keeps the heads of the chosen queries while all are ranked: `rank(..., watch=heads)`.

    At most k admissible items of each, and among them at most k excluded ones."""

    def __init__(self, plan: Plan, chosen: Iterable[int], k: int) -> None:
        self.plan, self.k = plan, k
        self.chosen = sorted(set(chosen))
        self.of_query: dict[int, Head] = {}
        if k < 1:
            raise DataError(f"the first {k} items of a list: expected 1 or more")
        outside = [q for q in self.chosen if not 0 <= q < plan.n_query]
        if outside:
            raise DataError(f"query {outside[0]}: there are {plan.n_query} queries")

    def __call__(self, chunk: Chunk) -> None:
        last = chunk.first + len(chunk.similarity)
        for q in self.chosen:
            if chunk.first <= q < last:
                row = (chunk.similarity[q - chunk.first] * chunk.inverse_norm).cpu().numpy()
                self.of_query[q] = head(row, q, self.plan, self.k)


def head(similarity: np.ndarray, query: int, plan: Plan, k: int) -> Head:
    """The head of one query's list; similarity[Ng] to the whole gallery."""
    excluded = plan.excluded.contains(query, np.arange(plan.n_gallery))
    admissible = (~excluded).nonzero()[0]
    shown = _first(similarity, admissible, plan.tie, k)
    among = excluded.nonzero()[0]
    if 0 < len(shown) == k:
        # Only those before the last admissible item.
        last = shown[-1]
        value, place = similarity[last], plan.tie[last]
        before = (similarity[among] > value) | (
            (similarity[among] == value) & (plan.tie[among] < place)
        )
        among = among[before]
    kept = _first(similarity, among, plan.tie, k)
    column = np.concatenate([shown, kept])
    rank = np.concatenate([np.arange(1, len(shown) + 1), np.zeros(len(kept), np.int64)])
    order = np.lexsort((plan.tie[column], -similarity[column]))
    return Head(column[order], similarity[column[order]], rank[order], len(among) - len(kept))


def top_k(
    plan: Plan,
    query: Tensor,
    gallery: Tensor,
    chosen: Sequence[int],
    k: int,
    memory: int = MEMORY,
) -> dict[int, Head]:
    """Query -> its head, for `chosen` rows of query[Nq, D] against gallery[Ng, D], normalised as
    in `rank`. Only chunks with a chosen query are computed, each as a whole: a product of other
    rows might differ in the last bit, and near-ties with it. Queries without a positive have a list
    as well.

    Raises DataError for features that do not fit the plan, or are not finite, and for a query that
    there is not."""
    check(plan, query, gallery)
    query, gallery = query.to(gallery.device, torch.float32), gallery.to(torch.float32)
    heads = Heads(plan, chosen, k)
    rows = chunk_rows(len(query), len(gallery), memory)
    firsts = dict.fromkeys(q // rows * rows for q in heads.chosen)
    for chunk in chunks(query, gallery, rows, firsts):
        heads(chunk)
    return heads.of_query


def _first(similarity: np.ndarray, columns: np.ndarray, tie: np.ndarray, k: int) -> np.ndarray:
    """The first k of the columns: by similarity, equal ones by their place among ties."""
    if len(columns) > k:
        values = similarity[columns]
        edge = np.partition(values, len(values) - k)[len(values) - k]
        columns = columns[values >= edge]
    return columns[np.lexsort((tie[columns], -similarity[columns]))][:k]
