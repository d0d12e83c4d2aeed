"""Ranks of the positives. The full ranking is never made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reidbench_registry import DataError, Ranks, Record, Task

from .identity import tie_order

CHUNK = 256
"""Queries whose similarities are held at once."""


@dataclass(frozen=True)
class Ranking:
    """The ranks of one task, and what became of its queries."""

    ranks: Ranks
    n_query: int
    n_gallery: int
    chance_r1: float
    """Rank-1 expected of a random order: mean over queries of positives / admissible gallery."""
    ties: float
    """Share of positives whose similarity another admissible item has to the last bit."""

    @property
    def n_valid(self) -> int:
        """Queries with at least one admissible positive. The others are left out."""
        return len(self.ranks.offsets) - 1


def rank(
    task: Task,
    query: Sequence[Record],
    query_features: np.ndarray,
    gallery: Sequence[Record],
    gallery_features: np.ndarray,
) -> Ranking:
    """Rank gallery_features[Ng, D] by cosine similarity to each of query_features[Nq, D].

    Both are L2-normalised here, in fp32. Excluded gallery items leave a query's ranking before
    anything is counted; a query without a positive left is skipped and counted. Equal similarities
    are ordered by a hash of the item id. Raises DataError for an empty side, for dimensions that
    differ, and for a camera or location that the task needs and a record lacks."""
    if not query or not gallery:
        side = "queries" if not query else "gallery"
        raise DataError(f"task {task.name!r}: no {side} in split {task.query.split!r}")
    if query_features.shape[1] != gallery_features.shape[1]:
        raise DataError(
            f"task {task.name!r}: queries have {query_features.shape[1]} dimensions, "
            f"the gallery {gallery_features.shape[1]}"
        )
    # Columns stand in tie order, so that among equals the column decides.
    order = tie_order([r.item_id for r in gallery])
    gallery = [gallery[i] for i in order]
    columns = _normalised(gallery_features)[order]
    rows = _normalised(query_features)
    same_pid, excluded = _columns_by_pid(gallery), _exclusion(task, query, gallery)
    by_identity = task.cmc == "identity"
    codes = np.unique([r.pid for r in gallery], return_inverse=True)[1]

    ranks, above, chances, tied = [], [], [], 0
    for start in range(0, len(query), CHUNK):
        similarity = rows[start : start + CHUNK] @ columns.T
        for at, row in enumerate(similarity, start=start):
            out = excluded(at)
            positives = np.setdiff1d(same_pid.get(query[at].pid, _NONE), out, assume_unique=True)
            if not len(positives):
                continue
            row[out] = -np.inf
            place, ties = _ranks(row, positives)
            tied += ties
            ranks.append(place)
            chances.append(len(positives) / (len(row) - len(out)))
            if by_identity:
                best = positives[np.argmin(_unsorted_ranks(row, positives))]
                above.append(len(np.unique(codes[_before(row, best) & (row != -np.inf)])))
    lengths = [len(r) for r in ranks]
    flat = np.concatenate(ranks) if ranks else np.empty(0, np.int64)
    return Ranking(
        Ranks(flat, np.cumsum([0, *lengths]), np.array(above) if by_identity else None),
        n_query=len(query),
        n_gallery=len(gallery),
        chance_r1=float(np.mean(chances)) if chances else float("nan"),
        ties=tied / max(len(flat), 1),
    )


_NONE = np.empty(0, np.int64)


def _normalised(features: np.ndarray) -> np.ndarray:
    features = np.ascontiguousarray(features, dtype=np.float32)
    norms = np.linalg.norm(features, axis=1, keepdims=True)
    return features / np.maximum(norms, 1e-12)


def _columns_by_pid(gallery: Sequence[Record]) -> dict[str, np.ndarray]:
    found: dict[str, list[int]] = {}
    for column, record in enumerate(gallery):
        found.setdefault(record.pid, []).append(column)
    return {pid: np.array(columns) for pid, columns in found.items()}


def _exclusion(task: Task, query: Sequence[Record], gallery: Sequence[Record]):
    """The rule as a function: query index -> gallery columns that leave its ranking."""
    keys = {
        "none": lambda r: (),
        "same_instance": lambda r: (r.instance_id,),
        "same_pid_camera": lambda r: (r.pid, r.camera_id),
        "same_location_any_pid": lambda r: (r.location_id,),
    }
    key = keys[task.exclude]
    if task.exclude == "none":
        return lambda at: _NONE
    for record in (*query, *gallery):
        if None in key(record):
            lacks = "camera_id" if task.exclude == "same_pid_camera" else {
                "same_instance": "instance_id", "same_location_any_pid": "location_id"
            }[task.exclude]  # fmt: skip
            raise DataError(
                f"task {task.name!r} excludes by {task.exclude}, but item {record.item_id!r} "
                f"has no {lacks}"
            )
    columns: dict[tuple, list[int]] = {}
    for column, record in enumerate(gallery):
        columns.setdefault(key(record), []).append(column)
    arrays = {k: np.array(v) for k, v in columns.items()}
    return lambda at: arrays.get(key(query[at]), _NONE)


def _before(row: np.ndarray, column: int) -> np.ndarray:
    """Which columns stand before `column`: those that score higher, and equals on its left."""
    before = row > row[column]
    before[:column] |= row[:column] == row[column]
    return before


def _unsorted_ranks(row: np.ndarray, positives: np.ndarray) -> np.ndarray:
    return np.array([1 + np.count_nonzero(_before(row, p)) for p in positives])


def _ranks(row: np.ndarray, positives: np.ndarray) -> tuple[np.ndarray, int]:
    """Ascending ranks of the positive columns, and how many of them are tied with another item."""
    ascending = np.sort(row)
    at_most = np.searchsorted(ascending, row[positives], side="right")
    below = np.searchsorted(ascending, row[positives], side="left")
    tied = at_most - below > 1
    ranks = 1 + len(row) - at_most
    if tied.any():
        ranks[tied] = _unsorted_ranks(row, positives[tied])
    return np.sort(ranks).astype(np.int64), int(tied.sum())
