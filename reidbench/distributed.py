"""Several processes of one run (`torchrun`, `accelerate launch`), seen from one of them.

All ranks walk through the same stages; training, embedding and scoring are shared out, and only
rank 0, the main process, prints and writes. A process that was started alone is rank 0 of a world
of size 1.

torch.distributed is used directly, not accelerate's helpers: scoring is shared out wherever a
process group exists, whoever made it.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import Any, NoReturn, TypeVar

T = TypeVar("T")


def is_main() -> bool:
    """Whether this process prints and writes. Known before torch is imported."""
    return _started_alone() or os.environ.get("RANK", "0") == "0"


@contextlib.contextmanager
def process_group(cpu: bool) -> Iterator[None]:
    """A process group with the other ranks, if any were started; `cpu`: gloo even where there is a
    GPU. Nothing is torn down after an exception: the launcher ends all processes."""
    if _started_alone():
        yield
        return
    from accelerate import PartialState

    PartialState(cpu=cpu)
    yield
    barrier()
    PartialState().destroy_process_group()


def exit_process(code: int) -> NoReturn:
    """End this process. Of several ranks, each ends without running the interpreter's shutdown:
    torch's threads outlive the process group and sometimes crash there."""
    if _started_alone():
        sys.exit(code)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _started_alone() -> bool:
    return os.environ.get("WORLD_SIZE", "1") == "1"


def rank() -> int:
    """Index of this process in the process group; 0 without one."""
    if not _initialized():
        return 0
    from torch import distributed

    return distributed.get_rank()


def world_size() -> int:
    """Number of processes in the process group; 1 without one."""
    if not _initialized():
        return 1
    from torch import distributed

    return distributed.get_world_size()


def _initialized() -> bool:
    if "torch" not in sys.modules:  # nobody can have made a process group
        return False
    from torch import distributed

    return distributed.is_available() and distributed.is_initialized()


def all_gather(value: T) -> list[T]:
    """The `value` of every rank, in the order of ranks."""
    number = world_size()
    if number == 1:
        return [value]
    from torch import distributed

    values: list[Any] = [None] * number
    distributed.all_gather_object(values, value)
    return values


def broadcast(value: T) -> T:
    """The `value` of rank 0."""
    return all_gather(value)[0]


def barrier() -> None:
    """Wait until every rank is here."""
    all_gather(None)


@contextlib.contextmanager
def main_first() -> Iterator[None]:
    """Rank 0 runs the block before the others, which then find what it made."""
    if not is_main():
        barrier()
    yield
    if is_main():
        barrier()
