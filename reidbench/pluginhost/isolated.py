"""Each plugin looked at in a process of its own: finds the one that ends or hangs every process.

In one process a plugin that calls `os._exit`, crashes in C code or imports for ever takes all
others with it, and nothing says which it was.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import EntryPoint

from .host import DISABLE, discovered, folded
from .load import PluginStatus

SECONDS = 60.0
"""How long a plugin may take to load."""
AT_ONCE = 2
"""Processes that run side by side."""


@dataclass(frozen=True)
class Looked:
    """What came of looking at one plugin."""

    status: PluginStatus
    dangerous: bool
    """It ends or hangs the process that loads it."""


def look(seconds: float = SECONDS) -> Iterator[Looked]:
    """Every installed plugin, each alone in a child process. Nothing of them is imported here."""
    points, unreadable = discovered()
    for plugin in unreadable:
        owner = plugin.owner
        status = PluginStatus(
            plugin.name, "broken", plugin.reason, owner.distribution, owner.version, None, 0
        )
        yield Looked(status, False)
    names = list(dict.fromkeys(p.name for p in points))
    with ThreadPoolExecutor(AT_ONCE) as threads:
        looks = [threads.submit(_look, name, names, points, seconds) for name in names]
        for one in looks:
            yield from one.result()


def _look(name: str, names: list[str], points: list[EntryPoint], seconds: float) -> list[Looked]:
    """The plugin `name`; several where several distributions use that name."""
    others = [n for n in names if folded(n) != folded(name)]
    disabled = os.environ.get(DISABLE, "")
    environment = os.environ | {DISABLE: ",".join([*others, disabled])}
    child = subprocess.Popen(
        [sys.executable, "-m", "reidbench", "plugins", "--json"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        # A group of its own: what the plugin starts is ended with it.
        start_new_session=True,
    )
    try:
        out, error = child.communicate(timeout=seconds)
        reason = _ended(child.returncode, error)
    except subprocess.TimeoutExpired:
        out, reason = b"", f"it does not finish loading within {seconds:g} s"
    finally:
        child.kill()
        # Where there are no process groups, only the child itself is ended.
        with contextlib.suppress(ProcessLookupError, PermissionError, AttributeError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
    with contextlib.suppress(ValueError, TypeError, KeyError):
        rows = [PluginStatus(**row) for row in json.loads(out)]
        found = [Looked(row, False) for row in rows if row.name == name]
        if child.returncode == 0 and found:
            return found
    return [Looked(_broken(p, reason), True) for p in points if p.name == name]


def _ended(code: int, error: bytes) -> str:
    """Why a process that told nothing ended."""
    if code < 0:
        with contextlib.suppress(ValueError):
            return f"it ends the process: {signal.Signals(-code).name}"
    last = error.decode(errors="replace").strip().rpartition("\n")[2]
    return f"it ends the process with exit code {code}{f': {last}' if last else ''}"


def _broken(point: EntryPoint, reason: str) -> PluginStatus:
    dist = point.dist
    distribution, version = (dist.name, dist.version) if dist else ("unknown", "unknown")
    return PluginStatus(point.name, "broken", reason, distribution, version, None, 0)
