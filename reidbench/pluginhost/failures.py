"""Whose fault it is: an entry that fails while a run uses it is named, with its plugin."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from reidbench_registry import Entry, PluginError, ReidbenchError
from reidbench_registry.errors import explain

_LABEL = "_reidbench_entry"


class EntryFailed(PluginError):
    """An entry raised, or returned what its contract does not allow, in the middle of a run. What
    it raised is the `__cause__`."""

    def __init__(self, message: str, stage: str | None = None, step: int | None = None) -> None:
        super().__init__(message)
        self.stage, self.step = stage, step

    def __str__(self) -> str:
        where = [self.stage or "", f"step {self.step}" if self.step is not None else ""]
        prefix = ", ".join(filter(None, where))
        return f"{prefix}: {self.args[0]}" if prefix else str(self.args[0])


def labelled(built: Any, entry: Entry) -> Any:
    """`built`, the object of an entry, with the entry's name for later messages."""
    label = f"{entry.kind} {entry.name!r} of {entry.owner.distribution} {entry.owner.version}"
    with contextlib.suppress(AttributeError, TypeError):  # one with slots, a tuple
        object.__setattr__(built, _LABEL, label)
    return built


def label_of(built: Any) -> str:
    """The entry that an object is of, as far as that is known."""
    return getattr(built, _LABEL, None) or f"{type(built).__module__}.{type(built).__qualname__}"


@contextlib.contextmanager
def blamed_on(built: Any, doing: str) -> Iterator[None]:
    """What the block raises is the entry's failure, down to sys.exit. Errors that are one line for
    the user pass, and so does an interrupt."""
    try:
        yield
    except (ReidbenchError, KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:
        words = explain(error, "")
        raise EntryFailed(f"{label_of(built)} failed in {doing}: {words}") from error


def broken_contract(built: Any, what: str) -> EntryFailed:
    """The error for an entry that returned something else than its contract says."""
    return EntryFailed(f"{label_of(built)} {what}")
