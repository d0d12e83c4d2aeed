"""The queries and the gallery of a task: once, or as often as it has trials."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from reidbench_registry import DataError, Record, Task, Trials

from .selection import why_none


class Trial(NamedTuple):
    """The queries and the gallery of one trial."""

    queries: list[Record]
    """Row i of every trial stands for the same item or, where queries are drawn, the same
    (pid, camera)."""
    gallery: list[Record]


def draws(task: Task, records: Sequence[Record]) -> Iterator[Trial]:
    """Yield the queries and the gallery of each trial; all of them once for a task without trials.

    Raises DataError when nothing is selected, and for a record without the camera or the
    permutation that the draw needs."""
    queries = [r for r in records if task.query(r)]
    gallery = [r for r in records if task.gallery(r)]
    for side, found in (("query", queries), ("gallery", gallery)):
        if not found:
            why = why_none(getattr(task, side), records)
            raise DataError(f"task {task.name!r}: the {side} is empty ({why})")
    if task.trials is None:
        yield Trial(queries, gallery)
        return
    for number in range(task.trials.number):
        if task.trials.side == "query":
            yield Trial(_seeded(task, task.trials, queries, number), gallery)
            continue
        draw = _official if task.trials.origin == "dataset" else _seeded
        yield Trial(queries, draw(task, task.trials, gallery, number))


def _official(task: Task, trials: Trials, gallery: Sequence[Record], number: int) -> list[Record]:
    """Those that stand among the first `shots` of their cell in the data set's permutations."""
    drawn = []
    for record in gallery:
        places = record.extras.get("trial_places", ())
        if number >= len(places):
            raise DataError(
                f"task {task.name!r}: item {record.item_id!r} has no place in trial {number + 1} "
                "(the data set has no permutations?)"
            )
        if places[number] < trials.shots:
            drawn.append(record)
    return drawn


def _seeded(task: Task, trials: Trials, items: Sequence[Record], number: int) -> list[Record]:
    """`random.seed(trial)`, then one draw a cell: identities in order, their cameras in order,
    the cell's items in order of their ids (as AGW does with sorted file names)."""
    cells: dict[tuple[str, str], list[Record]] = {}
    for record in items:
        if record.camera_id is None:
            raise DataError(f"task {task.name!r}: item {record.item_id!r} has no camera_id")
        cells.setdefault((record.pid, record.camera_id), []).append(record)
    rng = random.Random(number)
    drawn = []
    for cell in sorted(cells):
        items_of_cell = sorted(cells[cell], key=lambda r: r.item_id)
        if trials.shots == 1:
            drawn.append(rng.choice(items_of_cell))
        else:
            drawn += rng.sample(items_of_cell, min(trials.shots, len(items_of_cell)))
    return drawn
