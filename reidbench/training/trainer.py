"""One training loop for teacher and student."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from rich.markup import escape
from torch import Tensor, nn

from reidbench_registry import DataError, Record, Sampler, Transform

from ..config.schema import Run, Training
from ..run.reporter import Reporter
from .head import ReIDModel
from .items import Items, loader, training_batches
from .objective import Objective
from .optim import optimizer, schedule
from .resume import Checkpoints, chance, changing, put_back, put_back_chance
from .selection import Selection


class Diverged(DataError):
    """The loss is no longer a number."""


class _Step(nn.Module):
    """Model and objective as one module, so that accelerate prepares and syncs both."""

    def __init__(self, model: ReIDModel, objective: Objective) -> None:
        super().__init__()
        self.model, self.objective = model, objective

    def forward(
        self, batch: dict, indices: Tensor, labels: Tensor, modality: Tensor
    ) -> tuple[Tensor, dict[str, Tensor]]:
        return self.objective(self.model(batch, modality), indices, labels, modality)


def train(
    stage: str,
    model: ReIDModel,
    objective: Objective,
    records: Sequence[Record],
    labels: Tensor,
    sampler: Sampler,
    transforms: Sequence[Transform],
    training: Training,
    run: Run,
    reporter: Reporter,
    checkpoints: Checkpoints,
    selection: Selection | None = None,
) -> None:
    """Train `model` in place on `records` with labels[N], from the last of `checkpoints` where
    there is one. Logs unweighted terms as they go, and what `selection` finds on the way.

    Raises Diverged when the loss is no longer finite."""
    from accelerate import Accelerator
    from accelerate.utils import send_to_device

    where = f"{stage}.train"
    accelerator = Accelerator(
        cpu=run.device == "cpu",
        mixed_precision={"fp32": "no"}.get(run.precision, run.precision),
    )
    step = _Step(model, objective)
    trained = [p for p in step.parameters() if p.requires_grad]
    optim = optimizer(trained, training, where)
    rate = schedule(optim, training, where)
    prepared, optim = accelerator.prepare(step, optim)
    prepared.train()
    parts: dict[str, Any] = {"optimizer": optim, "schedule": rate}
    if accelerator.scaler is not None:
        parts["scaler"] = accelerator.scaler
    if selection is not None:
        parts["selection"] = selection
    done = _resume(stage, step, parts, checkpoints, reporter)
    batches = training_batches(sampler, records, run.seed, training.steps)
    _tell_coverage(stage, batches, records, reporter)
    batches = batches[done.steps :]
    # Making the iterator draws from torch's generator; what was drawn before comes back after it.
    data = iter(loader(Items(records, model.backbone, transforms, run.seed), batches, run.workers))
    if done.chance is not None:
        put_back_chance(done.chance)
    bar = reporter.track(data, f"training {stage}", len(batches))
    for number, (indices, modality, batch) in enumerate(bar, start=done.steps + 1):
        batch = send_to_device(batch, accelerator.device)
        total, terms = prepared(
            batch,
            indices.to(accelerator.device),
            labels[indices].to(accelerator.device),
            modality.to(accelerator.device),
        )
        optim.zero_grad(set_to_none=True)
        accelerator.backward(total)
        if training.clip_norm is not None:
            accelerator.clip_grad_norm_(trained, training.clip_norm)
        optim.step()
        rate.step()
        if number % training.log_every == 0 or number == training.steps:
            value = total.item()
            if not torch.isfinite(total):
                raise Diverged(f"{stage}: the loss is {value} at step {number}: lower the lr?")
            shown = {name: round(term.item(), 5) for name, term in terms.items()}
            reporter.note(f"loss {value:.3f}")
            reporter.event(
                stage, "step", step=number, loss=round(value, 5), terms=shown,
                lr=rate.get_last_lr()[0],
            )  # fmt: skip
        if selection is not None and (number % selection.every == 0 or number == training.steps):
            found = selection.look(number)
            prepared.train()
            reporter.event(stage, "val", step=number, value=found.value, figures=found.figures)
        if number < training.steps and checkpoints.due():
            checkpoints.save(number, _state(step, parts))
            reporter.event(stage, "checkpoint", step=number)
    prepared.eval()


class _Done(NamedTuple):
    """Where a training stands before its next step."""

    steps: int = 0
    chance: dict[str, Any] | None = None
    """The generators' state; None at the start"""


def _state(step: _Step, parts: dict[str, Any]) -> dict[str, Any]:
    states = {name: part.state_dict() for name, part in parts.items()}
    return {"weights": changing(step), "chance": chance(), **states}


def _resume(
    stage: str,
    step: _Step,
    parts: dict[str, Any],
    checkpoints: Checkpoints,
    reporter: Reporter,
) -> _Done:
    """Put the newest checkpoint back; one that cannot be used is named and passed by."""
    try:
        found = checkpoints.load()
        if found is None:
            return _Done()
        steps, state = found
        put_back(step, state["weights"])
    except DataError as error:
        reporter.line(stage, escape(f"from the start: {error}"))
        return _Done()
    for name, part in parts.items():
        part.load_state_dict(state[name])
    reporter.line(stage, f"continues after step {steps}", step=steps)
    return _Done(steps, state["chance"])


def _tell_coverage(
    stage: str,
    batches: Sequence[Sequence[tuple[int, int]]],
    records: Sequence[Record],
    reporter: Reporter,
) -> None:
    """Say how much of the data the sampler draws: what never comes must not be lost silently."""
    drawn = {index for batch in batches for index, _ in batch}
    epochs = 1 + max(epoch for batch in batches for _, epoch in batch)
    people, seen = {r.pid for r in records}, {records[i].pid for i in drawn}
    reporter.line(
        stage,
        f"{len(drawn)} of {len(records)} items and {len(seen)} of {len(people)} identities are "
        f"drawn in {epochs} epoch{'s' if epochs > 1 else ''}",
    )
