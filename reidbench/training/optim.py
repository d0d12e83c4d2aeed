"""torch's optimizers and schedulers, by their names."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import Any

import torch
from torch.nn import Parameter
from torch.optim import Optimizer, lr_scheduler

from reidbench_registry import ConfigError, did_you_mean

from ..config.schema import Training


def _by_name(module: Any, base: type, cfg: dict[str, Any], where: str) -> type:
    known = {
        name: value
        for name, value in vars(module).items()
        if inspect.isclass(value) and issubclass(value, base) and value is not base
        if not name.startswith("_")
    }
    name = cfg.get("type")
    if name not in known:
        raise ConfigError(
            f"{where}: torch has no {name!r}{did_you_mean(str(name), known)} "
            f"(it has: {', '.join(sorted(known))})"
        )
    return known[name]


def _create(target: type, first: Any, cfg: dict[str, Any], where: str) -> Any:
    arguments = {key: value for key, value in cfg.items() if key != "type"}
    try:
        return target(first, **arguments)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"{where}: {error}") from None


def optimizer(parameters: Iterable[Parameter], training: Training, where: str) -> Optimizer:
    """The optimizer that `training` names, over the parameters. Raises ConfigError."""
    place = f"{where}.optimizer"
    return _create(
        _by_name(torch.optim, Optimizer, training.optimizer, place),
        list(parameters),
        training.optimizer,
        place,
    )


def schedule(optimizer: Optimizer, training: Training, where: str) -> lr_scheduler.LRScheduler:
    """Linear warm-up over `warmup * steps` steps, then the scheduler that `training` names."""
    warm = round(training.warmup * training.steps)
    rest = max(training.steps - warm, 1)
    parts: list[lr_scheduler.LRScheduler] = []
    if warm:
        parts.append(lr_scheduler.LinearLR(optimizer, 1 / (warm + 1), 1.0, total_iters=warm))
    if training.scheduler is None:
        parts.append(lr_scheduler.LambdaLR(optimizer, lambda step: 1.0))
    else:
        place = f"{where}.scheduler"
        target = _by_name(lr_scheduler, lr_scheduler.LRScheduler, training.scheduler, place)
        lengths = {"T_max": rest, "total_iters": rest}
        takes = inspect.signature(target).parameters
        cfg = {k: v for k, v in lengths.items() if k in takes} | training.scheduler
        parts.append(_create(target, optimizer, cfg, place))
    if len(parts) == 1:
        return parts[0]
    return lr_scheduler.SequentialLR(optimizer, parts, milestones=[warm])


def rehearse(training: Training, where: str) -> None:
    """Run optimizer and scheduler over all steps of a training with a single parameter. Raises
    ConfigError for what torch refuses on the way: an optimizer that needs a closure or sparse
    gradients, a scheduler that needs a metric or ends too early, a period of 0."""
    parameter = Parameter(torch.zeros(1))
    optim = optimizer([parameter], training, where)
    try:
        parameter.grad = torch.ones(1)
        optim.step()
    except Exception as error:
        raise ConfigError(f"{where}.optimizer: {training.optimizer['type']}: {error}") from None
    for group in optim.param_groups:
        group["params"].clear()  # the rest is about the learning rate
    try:
        rate = schedule(optim, training, where)
        for _ in range(training.steps):
            optim.step()
            rate.step()
    except ConfigError:
        raise
    except Exception as error:
        name = (training.scheduler or {}).get("type")
        words = f"{type(error).__name__}: {error}"
        raise ConfigError(
            f"{where}.scheduler: {name} over {training.steps} steps: {words}"
        ) from None
