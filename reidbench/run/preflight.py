"""Build everything that is cheap once, so that a wrong argument is found before the work."""

from __future__ import annotations

import torch

from ..config.walk import entries_in
from ..training.optim import optimizer, schedule
from .context import Context
from .device import device_of
from .tasks import tasks_of

EXPENSIVE = ("backbone",)


def preflight(context: Context) -> None:
    """Raises ConfigError for the first argument that an entry or torch refuses."""
    experiment = context.experiment
    device_of(experiment.run)
    for kind, cfg in entries_in(experiment):
        if kind not in EXPENSIVE:
            # The numbers that the harness supplies are not known yet; any valid one will do.
            context.create(kind, cfg, **dict.fromkeys(context.supplied(kind, cfg), 2))
    tasks_of(context)
    for name in ("teacher", "student"):
        section = getattr(experiment, name)
        if section is not None and section.train is not None:
            parameter = torch.nn.Parameter(torch.zeros(1))
            on_trial = optimizer([parameter], section.train, f"{name}.train")
            schedule(on_trial, section.train, f"{name}.train")
