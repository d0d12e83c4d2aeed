"""Standard output belongs to reidbench: it may be JSON that another program parses."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def redirected_stdout() -> Iterator[io.StringIO]:
    """Nothing in the block writes to standard output: what Python prints goes into the yielded
    buffer, what bypasses `sys.stdout` (C code, child processes) goes to standard error."""
    printed = io.StringIO()
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):  # a process may have no stdout or stderr at all
            _flush()
            ours = os.dup(1)
            stack.callback(os.close, ours)
            os.dup2(2, 1)
            stack.callback(os.dup2, ours, 1)
            stack.callback(_flush)
        stack.enter_context(contextlib.redirect_stdout(printed))
        yield printed


def _flush() -> None:
    if sys.__stdout__ is not None and not sys.__stdout__.closed:
        sys.__stdout__.flush()
