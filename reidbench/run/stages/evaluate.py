"""Stage evaluate: every task of the protocol in every deployment mode."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from reidbench_registry import ConfigError, Task

from ...bank import Bank
from ...config.schema import SIDES
from ...evaluation.per_query import save_per_query
from ...evaluation.score import Side
from ...evaluation.scoring import Pair, score_all, taking_part
from ...tools.files import write_json
from ...training import checkpoint
from ...training.embed import embed
from ..context import Context, Output
from ..device import device_of
from ..tasks import lacking, tasks_config, tasks_of
from . import fit
from .data import Data
from .distill import student_arguments


def run(context: Context, data: Data, bank: Output | None, student: Output | None) -> Output:
    section = context.experiment.evaluation
    keys = {name: o.key for name, o in (("student", student), ("bank", bank)) if o}
    return context.stage(
        "evaluate",
        section,
        fit.inputs(context, data, **keys, tasks=tasks_config(context)),
        lambda out: _evaluate(context, data, bank, student, out),
    )


def scores(output: Output) -> list[dict[str, Any]]:
    return json.loads((output.folder / "scores.json").read_text(encoding="utf-8"))


def _evaluate(
    context: Context, data: Data, bank: Output | None, student: Output | None, out: Path
) -> None:
    experiment = context.experiment
    section = experiment.evaluation
    tasks = tasks_of(context)
    metrics = [context.create("metric", cfg) for cfg in section.metrics]
    for task in tasks:
        data.split(task.query.split)
        data.split(task.gallery.split)
    records = taking_part(tasks, data.records)

    banked = Bank.load(bank.folder) if bank else None
    sides: dict[str, Side] = {}
    if banked:
        sides["teacher"] = Side.of(banked.features, banked.item_ids)
    if student is not None:
        assert experiment.student is not None
        model = fit.model_of(context, experiment.student, **student_arguments(context, banked))
        checkpoint.load(model, student.folder)
        embedded = fit.usable(records, model.backbone, "evaluate")
        features = embed(
            model,
            embedded,
            section.batch_size,
            device_of(experiment.run),
            experiment.run.workers,
            context.reporter,
            "embedding with the student",
        )
        edge = Bank(features, [r.item_id for r in embedded])
        edge.save(out)
        sides["student"] = Side.of(edge.features, edge.item_ids)

    chosen: list[tuple[Task, str]] = []
    for task in tasks:
        for mode in section.modes:
            if why := lacking(task, mode, records, sides):
                context.reporter.line("evaluate", f"{task.name}, {mode}: not scored, {why}")
            else:
                chosen.append((task, mode))
    if not chosen:
        raise ConfigError("evaluate: the models embed too few modalities for any of the tasks")
    found = score_all(
        context.reporter.track(chosen, "scoring", len(chosen)),
        records,
        data.card,
        data.fingerprint,
        {mode: Pair(*(sides[side] for side in SIDES[mode])) for _, mode in chosen},
        metrics,
    )
    save_per_query(out, found.per_query)
    write_json(out / "scores.json", found.rows)
