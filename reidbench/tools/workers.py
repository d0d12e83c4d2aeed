"""Processes that share work, and end when the process that started them ends."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import Any

WATCH_SECONDS = 1.0


@contextlib.contextmanager
def process_pool(
    jobs: int, initializer: Callable[..., None] | None = None, arguments: tuple[Any, ...] = ()
) -> Iterator[ProcessPoolExecutor]:
    """A pool of `jobs` processes; `initializer(*arguments)` runs first in each. Work that has not
    begun is dropped when the block ends by an exception."""
    # Not by fork: this process has threads, which a copy of it would lack.
    context = multiprocessing.get_context("spawn")
    first = (os.getpid(), initializer, arguments)
    with ProcessPoolExecutor(jobs, context, initializer=_start, initargs=first) as pool:
        try:
            yield pool
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _start(
    parent: int, initializer: Callable[..., None] | None, arguments: tuple[Any, ...]
) -> None:
    # Ctrl-C reaches all processes of a terminal; the parent ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    if initializer is not None:
        initializer(*arguments)


def _end_with(parent: int) -> None:
    """End this process when its parent was killed, which tells nobody."""
    while os.getppid() == parent:
        time.sleep(WATCH_SECONDS)
    os._exit(1)
