"""One training loop for teacher and student."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from rich.markup import escape
from torch import Tensor, nn

from reidbench_registry import DataError, Record, Sampler, Transform

from .. import processes
from ..config.schema import Run, Training
from ..reporter import Reporter
from .head import ReIDModel
from .items import Items, loader, training_batches
from .objective import Objective
from .optim import optimizer, schedule
from .resume import Checkpoints, chance, changing, put_back, put_back_chance
from .selection import Selection
from .steps import batches_each, in_groups, mean, refuse_cut_up, take_buffers_of_main

LOSS = ""
"""The sum of the terms, among them: no term has an empty name."""


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

    Processes that were started together share the batches of each step; batch norm sees one batch
    at a time, and its running statistics are the main process's.

    Raises Diverged when the loss is no longer finite, ConfigError when the processes cannot share
    the batches of a step equally or were told to share out the model itself."""
    from accelerate import Accelerator, DistributedDataParallelKwargs
    from accelerate.utils import send_to_device

    where = f"{stage}.train"
    per_process = batches_each(training, where)
    accelerator = Accelerator(
        cpu=run.device == "cpu",
        mixed_precision={"fp32": "no"}.get(run.precision, run.precision),
        # A batch may lack a modality, and with it a use for that modality's own weights.
        kwargs_handlers=[DistributedDataParallelKwargs(find_unused_parameters=True)],
    )
    refuse_cut_up(accelerator.distributed_type.name, stage)
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
    drawn = training_batches(sampler, records, run.seed, training.steps * training.batches_per_step)
    _tell_coverage(stage, drawn, records, reporter)
    process, number_of_processes = processes.share()
    batches = drawn[process::number_of_processes][done.steps * per_process :]
    # Making the iterator draws from torch's generator; what was drawn before comes back after it.
    data = iter(loader(Items(records, model.backbone, transforms, run.seed), batches, run.workers))
    if done.chance is not None:
        put_back_chance(done.chance)
    bar = reporter.track(data, f"training {stage}", len(batches))
    for number, group in enumerate(in_groups(bar, per_process), start=done.steps + 1):
        optim.zero_grad(set_to_none=True)
        values: list[dict[str, Tensor]] = []
        for place, (indices, modality, batch) in enumerate(group, start=1):
            # Gradients meet once a step: with its last batch.
            last = place == len(group)
            with contextlib.nullcontext() if last else accelerator.no_sync(prepared):
                total, terms = prepared(
                    send_to_device(batch, accelerator.device),
                    indices.to(accelerator.device),
                    labels[indices].to(accelerator.device),
                    modality.to(accelerator.device),
                )
                accelerator.backward(total / len(group))
            values.append({LOSS: total.detach(), **{n: t.detach() for n, t in terms.items()}})
        if training.clip_norm is not None:
            accelerator.clip_grad_norm_(trained, training.clip_norm)
        optim.step()
        rate.step()
        if number % training.log_every == 0 or number == training.steps:
            shown = mean(values)
            value = shown.pop(LOSS)
            if not math.isfinite(value):
                raise Diverged(f"{stage}: the loss is {value} at step {number}: lower the lr?")
            reporter.note(f"loss {value:.3f}")
            reporter.event(
                stage, "step", step=number, loss=value, terms=shown,
                lr=rate.get_last_lr()[0],
            )  # fmt: skip
        if selection is not None and (number % selection.every == 0 or number == training.steps):
            take_buffers_of_main(step)
            found = selection.look(number)
            prepared.train()
            reporter.event(stage, "val", step=number, value=found.value, figures=found.figures)
        if number < training.steps and processes.from_main(checkpoints.due()):
            state = _state(step, parts)
            if processes.is_main():
                checkpoints.save(number, state)
            reporter.event(stage, "checkpoint", step=number)
    prepared.eval()


class _Done(NamedTuple):
    """Where a training stands before its next step."""

    steps: int = 0
    chance: dict[str, Any] | None = None
    """The generators' state; None at the start"""


def _state(step: _Step, parts: dict[str, Any]) -> dict[str, Any]:
    states = {name: part.state_dict() for name, part in parts.items()}
    # Weights are everybody's, chance is each process's own.
    return {"weights": changing(step), "chance": processes.gathered(chance()), **states}


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
    process, number = processes.share()
    # Fewer or more processes than before draw anew: there is no state that fits them.
    fits = len(state["chance"]) == number
    return _Done(steps, state["chance"][process] if fits else None)


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
