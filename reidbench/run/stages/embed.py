"""Stage embed: the teacher's embeddings of every record, once, into a bank."""

from __future__ import annotations

from pathlib import Path

from ...bank import Bank
from ...training import checkpoint
from ...training.embed import embed
from ..context import Context, Output
from ..device import device_of
from . import fit
from .data import Data


def run(context: Context, data: Data, teacher: Output) -> Output:
    section = context.experiment.teacher
    assert section is not None
    experiment = context.experiment

    def work(out: Path) -> None:
        model = fit.model_of(context, section)
        checkpoint.load(model, teacher.folder)
        records = fit.usable(data.records, model.backbone, "embed")
        features = embed(
            model,
            records,
            experiment.evaluation.batch_size,
            device_of(experiment.run),
            experiment.run.workers,
            context.reporter,
            "embedding with the teacher",
        )
        Bank(features, [r.item_id for r in records]).save(out)

    return context.stage("embed", section, fit.inputs(context, data, teacher=teacher.key), work)
