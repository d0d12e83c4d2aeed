"""What a task asks of the engine, as integers: built once, read by every kernel."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from reidbench_registry import DataError, Record, Task

from .identity import tie_order

NEEDS = {
    "same_instance": "instance_id",
    "same_pid_camera": "camera_id",
    "same_location_any_pid": "location_id",
}
"""Exclusion rule -> the field that every query and gallery item must have."""


@dataclass(frozen=True)
class Groups:
    """Gallery columns by group, and the group of each query."""

    of_query: np.ndarray
    """int64[Nq]: the query's group; -1 when no gallery item is in it"""
    start: np.ndarray
    """int64[G + 1]: group g owns `columns[start[g]:start[g + 1]]`"""
    columns: np.ndarray
    """int64[Ng]"""

    @classmethod
    def of(cls, query: Iterable[Hashable], gallery: Sequence[Hashable]) -> Groups:
        """Group the gallery by equal keys."""
        table: dict[Hashable, int] = {}
        codes = np.fromiter((table.setdefault(k, len(table)) for k in gallery), np.int64)
        return cls(
            of_query=np.fromiter((table.get(k, -1) for k in query), np.int64),
            start=np.concatenate([[0], np.cumsum(np.bincount(codes, minlength=len(table)))]),
            columns=np.argsort(codes, kind="stable"),
        )

    @classmethod
    def none(cls, queries: int) -> Groups:
        """No query has a group."""
        empty = np.zeros(0, np.int64)
        return cls(np.full(queries, -1), np.zeros(1, np.int64), empty)

    def sizes(self) -> np.ndarray:
        """int64[Nq]: gallery items in each query's group"""
        sizes = np.append(np.diff(self.start), 0)
        return sizes[self.of_query]

    def members(self, first: int, n: int) -> tuple[np.ndarray, np.ndarray]:
        """(row, column) of every gallery item in the groups of `n` queries from `first`; row 0 is
        that of query `first`."""
        sizes = self.sizes()[first : first + n]
        row = np.repeat(np.arange(n), sizes)
        inside = np.arange(len(row)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        start = self.start[self.of_query[first : first + n]]
        return row, self.columns[np.repeat(start, sizes) + inside]

    @cached_property
    def of_column(self) -> np.ndarray:
        """int64[Ng]: the group of each gallery item; empty when no query has a group"""
        codes = np.empty(len(self.columns), np.int64)
        codes[self.columns] = np.repeat(np.arange(len(self.start) - 1), np.diff(self.start))
        return codes

    def contains(self, query: np.ndarray | int, column: np.ndarray) -> np.ndarray:
        """Whether each column is in the group of its query; both int64, of shapes that numpy
        broadcasts."""
        if not len(self.columns):
            return np.zeros(np.broadcast_shapes(np.shape(query), np.shape(column)), bool)
        return self.of_column[column] == self.of_query[query]


@dataclass(frozen=True)
class Plan:
    """Positives, exclusions and the order of ties of one query -> gallery evaluation."""

    positives: Groups
    """gallery items with the query's pid"""
    excluded: Groups
    """gallery items that leave the query's ranking"""
    tie: np.ndarray
    """int64[Ng]: place of each gallery item among items of equal similarity"""
    identity: np.ndarray | None = None
    """int64[Ng]: identity codes, for tasks whose CMC counts identities"""

    @property
    def n_query(self) -> int:
        return len(self.positives.of_query)

    @property
    def n_gallery(self) -> int:
        return len(self.tie)


def plan(task: Task, query: Sequence[Record], gallery: Sequence[Record]) -> Plan:
    """The plan of a task over its records.

    Raises DataError for an empty side, and for a record without the camera, location or instance
    that the task's exclusion rule needs."""
    if not query or not gallery:
        side, split = ("query", task.query) if not query else ("gallery", task.gallery)
        raise DataError(f"task {task.name!r}: the {side} is empty (split {split.split!r})")
    place = np.empty(len(gallery), np.int64)
    place[tie_order([r.item_id for r in gallery])] = np.arange(len(gallery))
    excluded = Groups.none(len(query))
    if task.exclude != "none":
        key = _exclusion_key(task, [*query, *gallery])
        excluded = Groups.of([key(r) for r in query], [key(r) for r in gallery])
    codes = None
    if task.cmc == "identity":
        table: dict[str, int] = {}
        codes = np.array([table.setdefault(r.pid, len(table)) for r in gallery])
    return Plan(Groups.of([r.pid for r in query], [r.pid for r in gallery]), excluded, place, codes)


def _exclusion_key(task: Task, records: Sequence[Record]) -> Callable[[Record], Hashable]:
    field = NEEDS[task.exclude]
    lacking = [r.item_id for r in records if getattr(r, field) is None]
    if lacking:
        raise DataError(
            f"task {task.name!r} excludes by {task.exclude}, but {len(lacking)} items have no "
            f"{field}, first {lacking[0]!r}"
        )
    if task.exclude == "same_pid_camera":
        return lambda r: (r.pid, r.camera_id)
    return lambda r: getattr(r, field)
