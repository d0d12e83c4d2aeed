"""Which counting kernel a CPU uses: numba's, made ready here, or torch's.

What a user waits for, or should know, is logged as a warning; where nobody configured logging that
is one line on stderr.
"""

from __future__ import annotations

import functools
import logging
from types import ModuleType

import numpy as np

from .kernel import Kernel
from .kernel_torch import count as count_with_torch
from .plan import Groups, Plan

WORTH_COMPILING = 10**8
"""Similarities from which on compiling for this process alone is faster than torch's kernel."""
_NO_CACHE = "numba has no folder for what it compiles (NUMBA_CACHE_DIR may name one)"
_LOG = logging.getLogger(__name__)


def best_for_cpu(similarities: int = WORTH_COMPILING) -> Kernel:
    """The faster kernel for so many similarities: numba's where it is installed, otherwise torch's,
    which takes several times as long and gives the same ranks.

    Where numba cannot keep what it compiles (a read-only container), small tasks are counted by
    torch's, large ones by numba's, compiled anew. Where it fails, torch's counts."""
    numba = _numba()
    if numba is None:
        return count_with_torch
    if not numba.CACHED and similarities < WORTH_COMPILING and not _ready.cache_info().currsize:
        _say(f"counting with the slower kernel of torch: {_NO_CACHE}")
        return count_with_torch
    return _ready()


@functools.cache
def _numba() -> ModuleType | None:
    try:
        from . import kernel_numba
    except ImportError:
        return None
    return kernel_numba


@functools.cache
def _ready() -> Kernel:
    """numba's kernel after it has counted one query, which makes numba compile or load it."""
    numba = _numba()
    assert numba is not None
    plan = Plan(Groups.of([0], [0, 1]), Groups.none(1), np.arange(2))
    often = "once: some seconds" if numba.CACHED else f"in every process: {_NO_CACHE}"
    try:
        with numba.on_compile(lambda: _say(f"compiling the counting kernel, {often}")):
            numba.count(np.ones((1, 2), np.float32), 0, plan, np.ones(2, np.float32))
    except Exception as error:
        # A full disk, a compiled file that is damaged: numba's errors are of many kinds.
        why = str(error).strip().partition("\n")[0] or type(error).__name__
        _say(f"counting with the slower kernel of torch: numba's failed ({why})")
        return count_with_torch
    return numba.count


@functools.cache
def _say(line: str) -> None:
    """Once in a process."""
    _LOG.warning(line)
