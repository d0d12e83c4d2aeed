"""Whether the queries of a task can be scored: each needs a positive that is not excluded."""

from __future__ import annotations

from collections.abc import Sequence

from reidbench_registry import DataError, Record, Task

from ..evaluation.plan import NEEDS, Groups, plan
from ..evaluation.trials import draws
from .report import Row, number


def check_queries(protocol: str, task: Task, records: Sequence[Record]) -> Row:
    """How many queries have no admissible positive, in the worst of the task's galleries. They are
    skipped when the task is scored. Published sets have some, so this is a failure only when no
    query is left."""
    name = f"queries of {protocol}"
    try:
        drawn = list(draws(task, records))
        skipped = [_without_positive(task, *one) for one in drawn]
    except DataError as error:
        return Row(name, "fail", str(error))
    query = drawn[0].queries
    sizes = sorted({len(one.gallery) for one in drawn})
    size = f"{sizes[0]:,}" if len(sizes) == 1 else f"{sizes[0]:,} to {sizes[-1]:,}"
    detail = f"{task.name}: {number(len(query), 'query')}, gallery {size}"
    if len(drawn) > 1:
        detail += f" in each of {len(drawn)} trials"
    worst = max(skipped)
    if worst == len(query):
        return Row(name, "fail", f"{detail}; no query has a positive in it")
    if worst:
        return Row(name, "warn", f"{detail}; {worst:,} without a positive in it are skipped")
    return Row(name, "ok", detail)


def _without_positive(task: Task, query: Sequence[Record], gallery: Sequence[Record]) -> int:
    positives = plan(task, query, gallery).positives.sizes()
    if task.exclude == "none":
        return int((positives == 0).sum())
    field = NEEDS[task.exclude]
    # Whatever the rule excludes, only items with the query's pid were positives.
    excluded = Groups.of(
        [(r.pid, getattr(r, field)) for r in query], [(r.pid, getattr(r, field)) for r in gallery]
    )
    return int((positives == excluded.sizes()).sum())
