"""The galleries of a task: one, or one a trial."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from reidbench_registry import DataError, Record, Task, Trials


def galleries(task: Task, gallery: Sequence[Record]) -> Iterator[list[Record]]:
    """Yield the gallery of each trial; the whole gallery when the task has no trials.

    Raises DataError for a record without the camera or the permutation that the draw needs."""
    if task.trials is None:
        yield list(gallery)
        return
    for number in range(task.trials.number):
        draw = _official if task.trials.origin == "dataset" else _seeded
        yield draw(task, task.trials, gallery, number)


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


def _seeded(task: Task, trials: Trials, gallery: Sequence[Record], number: int) -> list[Record]:
    """`random.seed(trial)`, then one draw a cell: identities in order, their cameras in order,
    the cell's items in order of their ids (as AGW does with sorted file names)."""
    cells: dict[tuple[str, str], list[Record]] = {}
    for record in gallery:
        if record.camera_id is None:
            raise DataError(f"task {task.name!r}: item {record.item_id!r} has no camera_id")
        cells.setdefault((record.pid, record.camera_id), []).append(record)
    rng = random.Random(number)
    drawn = []
    for cell in sorted(cells):
        items = sorted(cells[cell], key=lambda r: r.item_id)
        if trials.shots == 1:
            drawn.append(rng.choice(items))
        else:
            drawn += rng.sample(items, min(trials.shots, len(items)))
    return drawn
