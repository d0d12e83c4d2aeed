"""One training loop for teacher and student."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from reidbench_registry import DataError, Transform

from .. import distributed, signals
from ..config.schema import Run, Training
from ..embeddings.items import Items, loader, unwrapped
from ..models.model import ReIDModel
from ..pluginhost import EntryFailed
from ..terminal.reporter import Reporter
from .batches import TrainingSet
from .objective import Objective
from .optim import optimizer, schedule
from .resume import Checkpoints, load_trainable_state, trainable_state
from .rng import rng_state, set_rng_state
from .selection import Selection
from .steps import batches_per_rank, broadcast_buffers, check_not_sharded, in_groups, mean

TOTAL = "total loss"
"""Key of the weighted sum beside the terms; entries' names have no space."""


class Diverged(DataError):
    """The loss is no longer a number."""


class _Module(nn.Module):
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
    where: str,
    model: ReIDModel,
    objective: Objective,
    data: TrainingSet,
    transforms: Sequence[Transform],
    training: Training,
    run: Run,
    reporter: Reporter,
    checkpoints: Checkpoints,
    selection: Selection | None = None,
) -> None:
    """Train `model` in place on `data`, from the last of `checkpoints` where there is one. Logs the
    unweighted terms, and the results of `selection`. `where`: the section of the config, for
    messages.

    Several ranks share the batches of each step; batch norm sees one batch at a time, and its
    running statistics are those of rank 0.

    A signal to stop (Ctrl-C, SIGTERM) is answered after the current step, with a checkpoint.

    Raises Diverged when a term is no longer finite, EntryFailed when an entry fails, ConfigError
    when the ranks cannot share the batches of a step equally or the model itself is sharded."""
    from accelerate import Accelerator, DistributedDataParallelKwargs

    per_rank = batches_per_rank(training, where)
    accelerator = Accelerator(
        cpu=run.device == "cpu",
        mixed_precision={"fp32": "no"}.get(run.precision, run.precision),
        # A batch may lack a modality; the weights of that modality then get no gradient.
        kwargs_handlers=[DistributedDataParallelKwargs(find_unused_parameters=True)],
    )
    check_not_sharded(accelerator.distributed_type.name, stage)
    module = _Module(model, objective)
    trained = [p for p in module.parameters() if p.requires_grad]
    optim = optimizer(trained, training, where)
    rate = schedule(optim, training, where)
    prepared, optim = accelerator.prepare(module, optim)
    prepared.train()
    parts: dict[str, Any] = {"optimizer": optim, "schedule": rate}
    if accelerator.scaler is not None:
        parts["scaler"] = accelerator.scaler
    if selection is not None:
        parts["selection"] = selection
    done = _resume(stage, module, parts, checkpoints, reporter)
    number_of_batches = training.steps * training.batches_per_step
    all_batches = data.batches(run.seed, number_of_batches)
    reporter.line(stage, data.coverage(all_batches))
    of_rank = all_batches[distributed.rank() :: distributed.world_size()]
    batches = of_rank[done.steps * per_rank :]
    # Making the iterator draws from torch's generator: the state of a checkpoint is set after it.
    items = Items(data.all_records, model.backbone, transforms, run.seed)
    loaded = unwrapped(iter(loader(items, batches, run.workers)))
    if done.rng is not None:
        set_rng_state(done.rng)
    bar = reporter.track(
        loaded, f"training {stage}", training.steps, done.steps, "step", items_per_unit=per_rank
    )
    with signals.deferred(), _located(stage) as place:
        for number, group in enumerate(in_groups(bar, per_rank), start=done.steps + 1):
            place.step = number
            values = _step(accelerator, prepared, optim, data.labels, group, training, objective)
            rate.step()
            if number % training.log_every == 0 or number == training.steps:
                means = mean(values)
                loss = means.pop(TOTAL)
                reporter.note(f"loss {loss:.3f}")
                lr = rate.get_last_lr()[0]
                reporter.event(stage, "step", step=number, loss=loss, terms=means, lr=lr)
            last = number == training.steps
            if selection is not None and (number % selection.every == 0 or last):
                broadcast_buffers(module)
                val = selection.look(number)
                prepared.train()
                reporter.event(stage, "val", step=number, value=val.value, figures=val.figures)
            due, stop = _due(checkpoints)
            if not last and (due or (stop and checkpoints.wanted)):
                state = _state(module, parts)
                if distributed.is_main():
                    checkpoints.save(number, state)
                reporter.event(stage, "checkpoint", step=number)
            if not last and stop:
                raise KeyboardInterrupt
    prepared.eval()


def _step(
    accelerator: Any,
    prepared: nn.Module,
    optim: Any,
    labels: Tensor,
    group: Sequence[Any],
    training: Training,
    objective: Objective,
) -> list[dict[str, Tensor]]:
    """One step of the optimizer over a group of batches; the terms of each batch.

    Raises Diverged before the weights change when a term is not finite."""
    from accelerate.utils import send_to_device

    optim.zero_grad(set_to_none=True)
    values: list[dict[str, Tensor]] = []
    for place, (indices, modality, batch) in enumerate(group, start=1):
        # Gradients are averaged over the ranks once a step: with its last batch.
        last = place == len(group)
        with contextlib.nullcontext() if last else accelerator.no_sync(prepared):
            total, terms = prepared(
                send_to_device(batch, accelerator.device),
                indices.to(accelerator.device),
                # Items without a label stand behind those that have one.
                labels[indices[indices < len(labels)]].to(accelerator.device),
                modality.to(accelerator.device),
            )
            _check_finite(objective, {**terms, TOTAL: total})
            accelerator.backward(total / len(group))
        values.append({TOTAL: total.detach(), **{n: t.detach() for n, t in terms.items()}})
    if training.clip_norm is not None:
        accelerator.clip_grad_norm_(prepared.parameters(), training.clip_norm)
    optim.step()
    return values


def _check_finite(objective: Objective, terms: Mapping[str, Tensor]) -> None:
    values = torch.stack([t.detach().float() for t in terms.values()])
    if not values.isfinite().all():  # one look for all terms: it waits for the device
        name, value = next((n, v) for n, v in zip(terms, values.tolist(), strict=True)
                           if not math.isfinite(v))  # fmt: skip
        raise Diverged(f"{objective.label_of(name)} is {value}: is the learning rate too high?")


def _due(checkpoints: Checkpoints) -> tuple[bool, bool]:
    """Whether a checkpoint is due, and whether a signal asks to stop; the same on all ranks."""
    answers = distributed.all_gather((checkpoints.due(), signals.received() is not None))
    return answers[0][0], any(stop for _, stop in answers)


@dataclass
class _Place:
    step: int | None = None


@contextlib.contextmanager
def _located(stage: str) -> Iterator[_Place]:
    """Adds stage and step to what goes wrong in the block."""
    place = _Place()
    try:
        yield place
    except EntryFailed as error:
        error.stage, error.step = stage, place.step
        raise
    except Diverged as error:
        raise Diverged(f"{stage}, step {place.step}: {error}") from None


class _Done(NamedTuple):
    """What was done before the next step."""

    steps: int = 0
    rng: dict[str, Any] | None = None
    """RNG state of this rank; None: as it is"""


def _state(module: _Module, parts: dict[str, Any]) -> dict[str, Any]:
    states = {name: part.state_dict() for name, part in parts.items()}
    # Weights are the same on all ranks, RNG states are not.
    rng = distributed.all_gather(rng_state())
    return {"weights": trainable_state(module), "rng": rng, **states}


def _resume(
    stage: str,
    module: _Module,
    parts: dict[str, Any],
    checkpoints: Checkpoints,
    reporter: Reporter,
) -> _Done:
    """Load the newest checkpoint; one that cannot be used is named, and training starts anew."""
    try:
        checkpoint = checkpoints.load()
        if checkpoint is None:
            return _Done()
        steps, state = checkpoint
        load_trainable_state(module, state["weights"])
    except DataError as error:
        reporter.line(stage, f"from the start: {error}")
        return _Done()
    for name, part in parts.items():
        part.load_state_dict(state[name])
    reporter.line(stage, f"continues after step {steps}", step=steps)
    # With another number of ranks than before, no saved RNG state fits.
    fits = len(state["rng"]) == distributed.world_size()
    return _Done(steps, state["rng"][distributed.rank()] if fits else None)
