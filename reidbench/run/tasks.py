"""The tasks of a run's protocol, and which of them its models can answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reidbench_registry import EvalProtocol, Record, Task

from ..config.modes import MODES
from ..embeddings import Embeddings
from ..evaluation.scoring import check_names
from .context import Context


def task_configs(context: Context) -> list[dict[str, Any]]:
    """The configs of the protocol's tasks."""
    protocol: EvalProtocol = context.create("protocol", context.experiment.evaluation.protocol)
    return [dict(task) for task in protocol.tasks]


def tasks_of(context: Context) -> list[Task]:
    """The protocol's tasks. Raises ConfigError when two have one name."""
    tasks: list[Task] = [context.create("task", cfg) for cfg in task_configs(context)]
    check_names(tasks)
    return tasks


def why_not_scored(
    task: Task, mode: str, records: Sequence[Record], embeddings: Mapping[str, Embeddings]
) -> str | None:
    """Why a mode cannot answer a task: one of its models does not embed the queries or the
    gallery. `embeddings`: by model."""
    pair = (MODES[mode].query, task.query), (MODES[mode].gallery, task.gallery)
    for model, select in pair:
        of_model = embeddings[model]
        selected = (r for r in records if select(r))
        if any(item not in of_model.row for r in selected for item in of_model.items_of(r)):
            return f"the {model} does not embed {select.modality}"
    return None
