"""Cases of the conformance kit: each check for each entry."""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from unittest import SkipTest

from ..catalog import Entry, Owner, Registrar
from ..errors import PluginError, explain
from .checks import CHECKS, Check
from .subject import Subject


@dataclass(frozen=True)
class Case:
    """One check of one entry."""

    entry: Entry
    check: Check

    def __str__(self) -> str:
        return f"{self.entry.kind}-{self.entry.name}-{self.name}"

    @property
    def name(self) -> str:
        return self.check.__name__

    @property
    def says(self) -> str:
        """What holds when it passes."""
        return " ".join((self.check.__doc__ or "").split())

    def run(self, folder: Path) -> None:
        """Run the check; it writes files below `folder`.

        Raises AssertionError with one line when the check fails, unittest.SkipTest when it does not
        apply, and lets exceptions of the entry pass."""
        self.check(Subject(self.entry, folder))

    def outcome(self, folder: Path) -> Outcome:
        """Run the check; no exception leaves it, except KeyboardInterrupt."""
        try:
            self.run(folder)
        except SkipTest as reason:
            return Outcome(self, "skipped", str(reason))
        except AssertionError as failure:
            return Outcome(self, "failed", str(failure))
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            return Outcome(self, "failed", explain(error, self.entry.owner.distribution))
        return Outcome(self, "passed")


@dataclass(frozen=True)
class Outcome:
    """The result of a case."""

    case: Case
    status: str
    """`passed`, `failed` or `skipped`"""
    detail: str = ""
    """One line: the reason"""


def cases_of(entries: Iterable[Entry]) -> list[Case]:
    """All checks of some entries."""
    return [Case(entry, check) for entry in entries for check in CHECKS[entry.kind]]


def cases(module: str) -> list[Case]:
    """All checks of all entries that the plugin in `module` registers. The plugin need not be
    installed, only importable. Raises PluginError when it registers none."""
    registrar = Registrar(Owner(module.partition(".")[0], module, "under test"))
    register = getattr(importlib.import_module(module), "reidbench_register", None)
    if register is None:
        raise PluginError(f"{module} has no function reidbench_register")
    register(catalog=registrar)
    if not registrar.entries:
        raise PluginError(f"{module} registers no entry")
    return cases_of(registrar.entries)
