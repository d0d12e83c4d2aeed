"""Locks between processes, so that two runs may use one work directory at the same time."""

from __future__ import annotations

import contextlib
import json
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from .. import distributed
from ..tools.files import write_json

POLL_SECONDS = 10.0
"""How long one rank waits for a lock before all ranks meet: a process group that hears nothing for
too long takes its members for dead."""


@contextlib.contextmanager
def locked(
    work_dir: Path, what: str, holder: str, waiting: Callable[[str], None]
) -> Iterator[None]:
    """Hold the lock `what` of a work directory, by rank 0 for all ranks. The operating system
    releases it when its process ends, however that happens.

    `waiting` is called once, with the words of the `holder` that is waited for."""
    path = work_dir / ".locks" / f"{what}.lock"
    owner = path.with_suffix(".json")
    lock = FileLock(path)
    reported = False
    while not distributed.broadcast(_acquire(lock, POLL_SECONDS if reported else 0.0)):
        if not reported:
            waiting(_words(owner))
        reported = True
    try:
        if distributed.is_main():
            write_json(owner, {"holder": holder, "pid": os.getpid(), "host": socket.gethostname()})
        yield
    finally:
        if distributed.is_main():
            owner.unlink(missing_ok=True)
            lock.release()


@contextlib.contextmanager
def unless_held(work_dir: Path, what: str) -> Iterator[bool]:
    """Whether the lock was free; if so, it is held in the block. Never waits."""
    path = work_dir / ".locks" / f"{what}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        yield False
        return
    try:
        yield True
    finally:
        lock.release()


def _acquire(lock: FileLock, seconds: float) -> bool:
    if not distributed.is_main():
        return True
    Path(lock.lock_file).parent.mkdir(parents=True, exist_ok=True)
    try:
        lock.acquire(timeout=seconds)
    except Timeout:
        return False
    return True


def _words(owner: Path) -> str:
    """Who holds the lock, as far as its file says."""
    try:
        written = json.loads(owner.read_text(encoding="utf-8"))
        return f"{written['holder']} (process {written['pid']} on {written['host']})"
    except (OSError, ValueError, KeyError, TypeError):
        return "another run"
