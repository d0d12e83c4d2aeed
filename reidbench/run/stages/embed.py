"""Stage embed: the teacher's embeddings of every record, once, into a bank."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from reidbench_registry import Task

from ...bank import Bank
from ...evaluation.scoring import taking_part
from ...training import checkpoint
from ...training.embed import embed
from ...training.shards import Shards
from ..context import Context, Output
from ..device import device_of
from . import fit
from .data import Data


def run(
    context: Context, data: Data, teacher: Output, tasks: Sequence[Task] | None = None
) -> Output:
    """Every record of the data, or what the given tasks need."""
    section = context.experiment.teacher
    assert section is not None
    experiment = context.experiment
    wanted = data.records if tasks is None else taking_part(tasks, data.records)
    dtype = experiment.evaluation.bank_dtype
    keys: dict[str, Any] = {"teacher": teacher.key, "dtype": dtype}
    if tasks is not None:
        keys["tasks"] = [t.describe() for t in tasks]

    inputs = fit.inputs(context, data, **keys)
    partial = context.partial("embed", section, inputs)

    def work(out: Path) -> None:
        model = fit.model_of(context, section)
        checkpoint.load(model, teacher.folder)
        records = fit.usable(wanted, model.backbone, "embed")
        features = embed(
            model,
            records,
            experiment.evaluation.batch_size,
            device_of(experiment.run),
            experiment.run.workers,
            context.reporter,
            "embedding with the teacher",
            Shards(partial),
        )
        Bank(features, [r.item_id for r in records]).save(out, dtype)

    return context.stage("embed", section, inputs, work)
