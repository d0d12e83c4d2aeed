"""The tasks of a run's protocol, and which of them its models can answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reidbench_registry import EvalProtocol, Record, Task

from ..config.schema import SIDES
from ..evaluation.score import Side
from ..evaluation.scoring import check_names
from .context import Context


def tasks_config(context: Context) -> list[dict[str, Any]]:
    """The configs of the protocol's tasks."""
    protocol: EvalProtocol = context.create("protocol", context.experiment.evaluation.protocol)
    return [dict(task) for task in protocol.tasks]


def tasks_of(context: Context) -> list[Task]:
    """The protocol's tasks. Raises ConfigError when two have one name."""
    tasks: list[Task] = [context.create("task", cfg) for cfg in tasks_config(context)]
    check_names(tasks)
    return tasks


def lacking(
    task: Task, mode: str, records: Sequence[Record], sides: Mapping[str, Side]
) -> str | None:
    """Why a mode cannot answer a task: one of its models does not embed what it would have to."""
    for name, select in zip(SIDES[mode], (task.query, task.gallery), strict=True):
        side = sides[name]
        if any(i not in side.row for r in records if select(r) for i in side.asked_with(r)):
            return f"the {name} does not embed {select.modality}"
    return None
