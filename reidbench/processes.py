"""Processes that were started together (`torchrun`, `accelerate launch`), seen from one of them.

All walk through the same stages and agree on what to do next; training, embedding and scoring are
shared out, and only the main one speaks and writes. A process that was started alone is the main
one of one.
"""

from __future__ import annotations

import atexit
import contextlib
import os
from collections.abc import Iterator
from typing import Any, TypeVar

T = TypeVar("T")


def is_main() -> bool:
    """Whether this one speaks and writes: known before torch is imported."""
    return os.environ.get("RANK", "0") == "0"


def join(cpu: bool) -> None:
    """Meet the others, if any were started; `cpu`: even where there is a GPU."""
    if os.environ.get("WORLD_SIZE", "1") == "1":
        return
    from accelerate import PartialState

    PartialState(cpu=cpu)
    atexit.register(PartialState().destroy_process_group)


def share() -> tuple[int, int]:
    """(index, number) of this process among those that met."""
    from torch import distributed

    if distributed.is_available() and distributed.is_initialized():
        return distributed.get_rank(), distributed.get_world_size()
    return 0, 1


def gathered(value: T) -> list[T]:
    """Everybody's `value`, in the order of the processes."""
    from torch import distributed

    _, number = share()
    if number == 1:
        return [value]
    values: list[Any] = [None] * number
    distributed.all_gather_object(values, value)
    return values


def from_main(value: T) -> T:
    """The main process's `value`."""
    return gathered(value)[0]


def wait() -> None:
    """Until all are here."""
    gathered(None)


@contextlib.contextmanager
def main_first() -> Iterator[None]:
    """The others begin when the main one is done: they find what it made."""
    if not is_main():
        wait()
    yield
    if is_main():
        wait()
