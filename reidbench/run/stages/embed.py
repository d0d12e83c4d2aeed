"""Stage embed: the teacher's embeddings of every record, once, into a bank."""

from __future__ import annotations

from typing import Any

from ...embeddings.extract import extract
from ...embeddings.shards import Shards
from ...evaluation.scoring import records_of
from ..context import Context
from ..device import device_of
from ..models import SOURCES
from ..stage import Entries, Job, Stage
from ..tasks import tasks_of
from ..usable import usable
from .needed import teacher_is_needed


class Embed(Stage):
    """All records of a run's own teacher; of a teacher that another run gives, those of the tasks
    alone."""

    name = "embed"
    section = "teacher"
    needs = ("teacher",)
    makes = "the teacher's bank"

    def wanted(self, context: Context) -> bool:
        return teacher_is_needed(context)

    def settings(self, context: Context) -> dict[str, Any]:
        settings: dict[str, Any] = {"dtype": context.experiment.evaluation.bank_dtype}
        if context.given:
            settings["tasks"] = [task.describe() for task in tasks_of(context)]
        return settings

    def entries(self, context: Context) -> Entries:
        return [("backbone", context.section("teacher").backbone)]

    def run(self, context: Context, job: Job) -> None:
        experiment = context.experiment
        model = SOURCES["teacher"].open(context, "teacher", job.inputs["teacher"])
        records = job.data.records
        if context.given:
            records = records_of(tasks_of(context), records)
        bank = extract(
            model,
            usable(records, model.backbone, self.name),
            experiment.evaluation.batch_size,
            device_of(experiment.run),
            experiment.run.workers,
            context.reporter.track,
            "embedding with the teacher",
            Shards(job.partial),
        )
        bank.save(job.out, experiment.evaluation.bank_dtype)
