"""Processes that were started together (`torchrun`, `accelerate launch`), seen from one of them.

All walk through the same stages and agree on what to do next; training, embedding and scoring are
shared out, and only the main one speaks and writes. A process that was started alone is the main
one of one.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import Any, NoReturn, TypeVar

T = TypeVar("T")


def is_main() -> bool:
    """Whether this one speaks and writes: known before torch is imported."""
    return _alone() or os.environ.get("RANK", "0") == "0"


@contextlib.contextmanager
def together(cpu: bool) -> Iterator[None]:
    """Meet the others, if any were started, and part from them in the end; `cpu`: even where there
    is a GPU."""
    if _alone():
        yield
        return
    from accelerate import PartialState

    PartialState(cpu=cpu)
    # Nobody parts from the others after a mistake: the launcher ends them all.
    yield
    wait()
    PartialState().destroy_process_group()


def leave(code: int) -> NoReturn:
    """End this process. torch's threads outlive the group once a model was trained in it, and now
    and then do not survive the end of the interpreter: of several processes each ends without."""
    if _alone():
        sys.exit(code)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _alone() -> bool:
    return os.environ.get("WORLD_SIZE", "1") == "1"


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
