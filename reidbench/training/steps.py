"""The batches of a step: one after the other, or shared by several ranks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from statistics import fmean
from typing import TypeVar

from torch import Tensor, nn

from reidbench_registry import ConfigError

from .. import distributed
from ..config.schema import Training

T = TypeVar("T")

SHARDED = ("FSDP", "DEEPSPEED", "MEGATRON_LM", "XLA")
"""accelerate's ways of training in which a rank holds only a part of the model."""


def check_not_sharded(kind: str, stage: str) -> None:
    """Raises ConfigError when ranks do not hold the whole model each."""
    if kind in SHARDED:
        raise ConfigError(f"{stage}: every process holds the whole model; {kind} is not supported")


def batches_per_rank(training: Training, where: str) -> int:
    """How many of a step's batches each rank takes. Raises ConfigError when they cannot be divided
    equally."""
    number = distributed.world_size()
    each, left = divmod(training.batches_per_step, number)
    if left or not each:
        raise ConfigError(
            f"{where}.batches_per_step: {training.batches_per_step} cannot be shared equally by "
            f"{number} process{'es' if number > 1 else ''}"
        )
    return each


def in_groups(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Lists of `size` items each, the last one shorter."""
    source = iter(items)
    while group := list(islice(source, size)):
        yield group


def mean(values: Sequence[Mapping[str, Tensor]]) -> dict[str, float]:
    """The mean of each named scalar over the batches of a step, on all ranks."""
    of_rank = [{name: v.item() for name, v in one.items()} for one in values]
    of_all = [one for part in distributed.all_gather(of_rank) for one in part]
    names = dict.fromkeys(name for one in of_all for name in one)
    return {n: round(fmean(one[n] for one in of_all if n in one), 5) for n in names}


def broadcast_buffers(module: nn.Module) -> None:
    """Give every rank the buffers of rank 0: running statistics follow each rank's own batches."""
    if distributed.world_size() > 1:
        import torch.distributed

        for buffer in module.buffers():
            torch.distributed.broadcast(buffer, 0)
