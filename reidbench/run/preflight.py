"""What is checked before the work begins, so that a mistake is told at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from reidbench_registry import ConfigError, Record

from ..config.walk import entries_in
from ..data.prepared import Data
from ..pluginhost import blamed_on
from ..training.optim import rehearse
from .banks import folders
from .context import Context
from .device import device_of
from .stages.needed import teacher_is_needed, trains_student
from .tasks import tasks_of

EXPENSIVE = ("backbone",)


def preflight(context: Context) -> None:
    """Build everything that is cheap once. Raises ConfigError for the first argument that an entry
    or torch refuses."""
    experiment = context.experiment
    device_of(experiment.run)
    for kind, cfg in entries_in(experiment):
        if kind not in EXPENSIVE:
            # The numbers that the harness supplies are not known yet; any valid one will do.
            context.create(kind, cfg, **dict.fromkeys(context.supplied(kind, cfg), 2))
    tasks_of(context)
    if experiment.student is not None and trains_student(context):
        folders(experiment.student)
    for name in _trained(context):
        rehearse(context.section(name).train, f"{name}.train")


def check_data(context: Context, data: Data) -> None:
    """Raises DataError or ConfigError when the data cannot serve the run: a split that is empty, a
    sampler that cannot fill a batch."""
    for task in tasks_of(context):
        data.split(task.query.split)
        data.split(task.gallery.split)
    for name in _trained(context):
        training = context.section(name).train
        if training.validation is not None:
            data.split("val")
        _check_sampler(context, f"{name}.train.sampler", training.sampler, data.split("train"))
        unlabelled = getattr(training, "unlabelled", None)
        if unlabelled is not None and training.distillers:
            records = [replace(record, pid="") for record in data.split("unlabelled")]
            _check_sampler(context, f"{name}.train.unlabelled", unlabelled, records)


def _check_sampler(
    context: Context, where: str, cfg: dict[str, Any], records: Sequence[Record]
) -> None:
    sampler = context.create("sampler", cfg)
    with blamed_on(sampler, "epoch"):
        first = next(iter(sampler.epoch(records, context.experiment.run.seed, 0)), None)
    if not first:
        raise ConfigError(f"{where}: {cfg['type']} draws no batch from {len(records)} items")


def _trained(context: Context) -> list[str]:
    """The models that are trained here."""
    wanted = {
        "teacher": teacher_is_needed(context) and "teacher" not in context.given,
        "student": trains_student(context),
    }
    return [n for n, w in wanted.items() if w and context.section(n).train is not None]
