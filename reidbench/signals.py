"""SIGINT (Ctrl-C) and SIGTERM: both end a command the same way, and a training may finish its step
before it ends."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any

_received: int | None = None
_deferring = False


def received() -> int | None:
    """The signal that asked this process to end, if any did. Tells the user's Ctrl-C from a
    KeyboardInterrupt that some code raised by itself."""
    return _received


@contextlib.contextmanager
def handled() -> Iterator[None]:
    """In the block, both signals raise KeyboardInterrupt; only the main thread can have handlers,
    so elsewhere nothing changes."""
    global _received
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _received = None
    before: dict[int, Any] = {n: signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)}
    for number in before:
        signal.signal(number, _handle)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _handle(number: int, frame: FrameType | None) -> None:
    global _received
    first, _received = _received is None, number
    if not (_deferring and first):
        raise KeyboardInterrupt


@contextlib.contextmanager
def deferred() -> Iterator[None]:
    """In the block the first signal only sets `received`: the code in it looks there when it can
    stop. A second signal raises KeyboardInterrupt at once."""
    global _deferring
    _deferring = True
    try:
        yield
    finally:
        _deferring = False
