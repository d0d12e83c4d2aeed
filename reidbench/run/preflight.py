"""Build everything that is light once, so that a wrong argument is found before the work."""

from __future__ import annotations

import torch

from ..config.walk import entries_in
from ..training.optim import optimizer, schedule
from .context import Context
from .device import device_of
from .tasks import tasks_of

HEAVY = ("backbone",)


def preflight(context: Context) -> None:
    """Raises ConfigError for the first argument that an entry or torch refuses."""
    experiment = context.experiment
    device_of(experiment.run)
    for kind, cfg in entries_in(experiment):
        if kind not in HEAVY:
            context.create(kind, cfg)
    tasks_of(context)
    for stage, section in (("teacher", experiment.teacher), ("distill", experiment.student)):
        if section is not None and section.train is not None:
            nothing = optimizer(
                [torch.nn.Parameter(torch.zeros(1))], section.train, f"{stage}.train"
            )
            schedule(nothing, section.train, f"{stage}.train")
