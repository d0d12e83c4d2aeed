"""Which (kind, name) entries exist, and which package provides each. Listing imports none."""

from __future__ import annotations

import contextlib
import importlib
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .errors import AmbiguousEntryError, PluginError, UnknownEntryError, did_you_mean, explain
from .kinds import KINDS

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_+/-]*")
_TARGET = re.compile(r"[A-Za-z_]\w*(\.\w+)*:[A-Za-z_]\w*")


@dataclass(frozen=True)
class Owner:
    """The installed package that provides a plugin."""

    package: str
    """Import name: the `package` in qualified names (`package.Name`)"""
    distribution: str
    version: str


@dataclass(frozen=True)
class Entry:
    """One entry: its `kind` and `name`, as a config gives them, and where its code is."""

    kind: str
    name: str
    target: str
    owner: Owner

    @property
    def qualified(self) -> str:
        """`package.Name`, which is unique"""
        return f"{self.owner.package}.{self.name}"

    def load(self) -> Any:
        """Import the target. What the import prints goes to stderr, as stdout may be JSON.

        Raises PluginError naming the entry when the import fails."""
        module, _, attribute = self.target.partition(":")
        try:
            with contextlib.redirect_stdout(sys.stderr):
                return getattr(importlib.import_module(module), attribute)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            # Whatever fails in a plugin's import: name the plugin and keep the cause.
            raise PluginError(
                f"{self.kind} {self.name!r} from {self.owner.distribution} cannot be loaded: "
                f"{explain(error, self.owner.distribution)}"
            ) from error


class Registrar:
    """What the hook `reidbench_register` receives: it collects one plugin's entries."""

    def __init__(self, owner: Owner) -> None:
        self.owner = owner
        self.entries: list[Entry] = []

    def add(self, kind: str, name: str, target: str) -> None:
        """Register the class or function at `target` ("module:attribute") as (kind, name).

        Names are letters, digits and `_ + - /`. Raises PluginError for anything else, for an
        unknown kind, and for a name given twice."""
        if not all(isinstance(word, str) for word in (kind, name, target)):
            raise PluginError(f"add({kind!r}, {name!r}, {target!r}): expected three strings")
        if kind not in KINDS:
            raise PluginError(
                f"unknown kind {kind!r}{did_you_mean(kind, KINDS)} (kinds: {', '.join(KINDS)})"
            )
        if not _NAME.fullmatch(name):
            raise PluginError(f"{kind} {name!r}: not a valid entry name")
        if not _TARGET.fullmatch(target):
            raise PluginError(f"{kind} {name!r}: target {target!r} is not 'module:attribute'")
        if any(e.kind == kind and e.name == name for e in self.entries):
            raise PluginError(f"{kind} {name!r} is added twice")
        self.entries.append(Entry(kind, name, target, self.owner))


class Catalog:
    """All entries of all working plugins."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self._entries = sorted(entries, key=lambda e: (list(KINDS).index(e.kind), e.name))

    def entries(self, kind: str | None = None) -> list[Entry]:
        """Entries of one kind, or all. Raises UnknownEntryError for a kind that does not exist."""
        if kind is None:
            return list(self._entries)
        if kind not in KINDS:
            raise UnknownEntryError(
                f"unknown kind {kind!r}{did_you_mean(kind, KINDS)} (kinds: {', '.join(KINDS)})"
            )
        return [e for e in self._entries if e.kind == kind]

    def find(self, kind: str, name: str) -> Entry:
        """The entry for `name` in a config: `Name`, or qualified as `package.Name`.

        Raises UnknownEntryError with the nearest match and what exists; AmbiguousEntryError when
        several plugins provide `Name`."""
        of_kind = self.entries(kind)
        matches = [e for e in of_kind if name in (e.name, e.qualified)]
        if len(matches) == 1:
            return matches[0]
        if matches:
            names = ", ".join(sorted(e.qualified for e in matches))
            raise AmbiguousEntryError(f"{kind} {name!r} is in several plugins: use one of {names}")
        known = sorted({e.name for e in of_kind})
        exist = f"installed: {', '.join(known)}" if known else "none is installed"
        raise UnknownEntryError(f"unknown {kind} {name!r}{did_you_mean(name, known)} ({exist})")
