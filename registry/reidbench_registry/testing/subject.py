"""The entry under test, and the helpers that checks use."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn
from unittest import SkipTest

from ..catalog import Entry
from ..errors import ReidbenchError
from ..kinds import SUPPLIED
from ..signature import signature

DIM = 16
"""Columns of the features that losses and distillers are checked with"""
IDENTITIES = 4
"""Train identities that losses are checked with"""
_SUPPLIED = {
    "embed_dim": DIM, "num_classes": IDENTITIES, "student_dim": DIM, "teacher_dim": DIM
}  # fmt: skip


class Subject:
    """The entry under test, the arguments to build it with, and a folder for files."""

    def __init__(self, entry: Entry, folder: Path) -> None:
        self.entry = entry
        self.folder = folder

    @cached_property
    def target(self) -> Any:
        """The class or function, imported."""
        return self.entry.load()

    @cached_property
    def arguments(self) -> dict[str, Any]:
        """What `conformance` returns, else the defaults, with what the harness would supply: always
        for losses and distillers, for a backbone only where there is no default."""
        conformance = getattr(self.target, "conformance", None)
        given = conformance(self.folder / "conformance") if conformance else {}
        require(isinstance(given, dict), f"conformance(folder) returns {given!r}, not a dict")
        parameters = signature(self.entry).parameters
        needed = {name for name, required in parameters.items() if required}
        for name in SUPPLIED.get(self.entry.kind, frozenset()):
            if name in needed or (name in parameters and self.entry.kind != "backbone"):
                given = {name: _SUPPLIED[name], **given}
        missing = ", ".join(sorted(needed - given.keys()))
        require(
            not missing,
            f"no value for {missing}: give a default, or arguments by a class method "
            "conformance(folder) -> dict",
        )
        return given

    def build(self, seed: int = 0, **more: Any) -> Any:
        """A fresh object; torch's generator starts at `seed`."""
        with seeded(seed):
            return self.target(**self.arguments | more)

    @cached_property
    def claims(self) -> tuple[str, ...]:
        return tuple(getattr(self.target, "claims", ()))


@contextlib.contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Inside, torch's generator starts at `seed`; afterwards it has its old state again."""
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield


def require(holds: object, otherwise: str) -> None:
    """Raises AssertionError unless `holds`; unlike `assert`, also under `python -O`."""
    if not holds:
        raise AssertionError(otherwise)


def skip(reason: str) -> NoReturn:
    """The check does not apply; pytest and unittest show it as skipped."""
    raise SkipTest(reason)


@contextlib.contextmanager
def refused(error: type[ReidbenchError], what: str, naming: str = "") -> Iterator[None]:
    """The code inside must raise `error`, with `naming` in its message."""
    try:
        yield
    except error as raised:
        require(naming in str(raised), f"{what}: the message does not name {naming}: {raised}")
    except Exception as raised:
        raise AssertionError(
            f"{what}: expected {error.__name__}, got {type(raised).__name__}: {raised}"
        ) from raised
    else:
        raise AssertionError(f"{what}: expected {error.__name__}, nothing was raised")
