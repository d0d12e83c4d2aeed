"""Stage evaluate: every task of the protocol in every deployment mode."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from reidbench_registry import EvalProtocol, Task

from ...bank import Bank
from ...config.schema import SIDES
from ...evaluation.identity import identity
from ...evaluation.per_query import save_per_query
from ...evaluation.score import Scored, Side, score
from ...training import checkpoint
from ...training.embed import embed
from ..context import Context, Output
from ..device import device_of
from . import fit
from .data import Data
from .distill import student_arguments


def run(context: Context, data: Data, bank: Output | None, student: Output) -> Output:
    section = context.experiment.evaluation
    keys = {"student": student.key, **({"bank": bank.key} if bank else {})}
    return context.stage(
        "evaluate",
        section,
        fit.inputs(context, data, **keys, tasks=tasks_config(context)),
        lambda out: _evaluate(context, data, bank, student, out),
    )


def scores(output: Output) -> list[dict[str, Any]]:
    return json.loads((output.folder / "scores.json").read_text(encoding="utf-8"))


def tasks_config(context: Context) -> list[dict[str, Any]]:
    """The configs of the protocol's tasks."""
    protocol: EvalProtocol = context.create("protocol", context.experiment.evaluation.protocol)
    return [dict(task) for task in protocol.tasks]


def _evaluate(
    context: Context, data: Data, bank: Output | None, student: Output, out: Path
) -> None:
    experiment = context.experiment
    section = experiment.evaluation
    tasks: list[Task] = [context.create("task", cfg) for cfg in tasks_config(context)]
    metrics = [context.create("metric", cfg) for cfg in section.metrics]
    for task in tasks:
        data.split(task.query.split)
        data.split(task.gallery.split)
    records = [r for r in data.records if any(t.query(r) or t.gallery(r) for t in tasks)]

    banked = Bank.load(bank.folder) if bank else None
    sides: dict[str, Side] = {}
    if banked:
        sides["teacher"] = Side.of(banked.features, banked.item_ids)
    if set(section.modes) != {"cloud"}:
        model = fit.model_of(context, experiment.student, **student_arguments(context, banked))
        checkpoint.load(model, student.folder)
        features = embed(
            model,
            records,
            section.batch_size,
            device_of(experiment.run),
            experiment.run.workers,
            context.reporter,
            "embedding with the student",
        )
        edge = Bank(features, [r.item_id for r in records])
        edge.save(out)
        sides["student"] = Side.of(edge.features, edge.item_ids)

    pairs = [(task, mode) for task in tasks for mode in section.modes]
    rows = []
    per_query: dict[tuple[str, str], Scored] = {}
    for task, mode in context.reporter.track(pairs, "scoring", len(pairs)):
        query, gallery = SIDES[mode]
        scored = score(task, records, sides[query], sides[gallery], metrics)
        meaning = identity(task, data.card, data.fingerprint, records)
        rows.append({"identity": meaning, "mode": mode, **scored.row})
        per_query[task.name, mode] = scored
    save_per_query(out, per_query)
    (out / "scores.json").write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
