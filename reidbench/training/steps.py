"""The batches of a step: taken in turn, or shared out over processes that were started together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from statistics import fmean
from typing import TypeVar

from torch import Tensor, nn

from reidbench_registry import ConfigError

from .. import processes
from ..config.schema import Training

T = TypeVar("T")

CUT_UP = ("FSDP", "DEEPSPEED", "MEGATRON_LM", "XLA")
"""Ways of accelerate's that leave each process a part of the model."""


def refuse_cut_up(kind: str, stage: str) -> None:
    """Raises ConfigError when processes do not hold the whole model each."""
    if kind in CUT_UP:
        raise ConfigError(f"{stage}: every process holds the whole model; {kind} is not supported")


def batches_each(training: Training, where: str) -> int:
    """How many of a step's batches each process takes. Raises ConfigError for unequal shares."""
    _, number = processes.share()
    each, left = divmod(training.batches_per_step, number)
    if left or not each:
        raise ConfigError(
            f"{where}.batches_per_step: {training.batches_per_step} cannot be shared equally by "
            f"{number} process{'es' if number > 1 else ''}"
        )
    return each


def in_groups(items: Iterable[T], size: int) -> Iterator[list[T]]:
    source = iter(items)
    while group := list(islice(source, size)):
        yield group


def mean(values: Sequence[Mapping[str, Tensor]]) -> dict[str, float]:
    """Of each named scalar over the batches of a step, those of other processes too."""
    mine = [{name: v.item() for name, v in one.items()} for one in values]
    everybody = [one for part in processes.gathered(mine) for one in part]
    names = dict.fromkeys(name for one in everybody for name in one)
    return {n: round(fmean(one[n] for one in everybody if n in one), 5) for n in names}


def take_buffers_of_main(module: nn.Module) -> None:
    """Running statistics, which follow each process's own batches between two steps."""
    if processes.share()[1] > 1:
        from torch import distributed

        for buffer in module.buffers():
            distributed.broadcast(buffer, 0)
