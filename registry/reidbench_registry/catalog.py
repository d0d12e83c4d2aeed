"""Which (kind, name) entries exist, and who brings them. Listing imports none of them."""

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
    """The installed package that brings a plugin."""

    package: str
    """Import name: the `package` of qualified names."""
    distribution: str
    version: str


@dataclass(frozen=True)
class Entry:
    """One pluggable thing: `kind` and `name` as a config says them, and where its code is."""

    kind: str
    name: str
    target: str
    owner: Owner

    @property
    def qualified(self) -> str:
        return f"{self.owner.package}.{self.name}"

    def load(self) -> Any:
        """Import the target; what that prints goes to stderr, since our output may be JSON.

        Raises PluginError naming the entry when that fails."""
        module, _, attribute = self.target.partition(":")
        try:
            with contextlib.redirect_stdout(sys.stderr):
                return getattr(importlib.import_module(module), attribute)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            # Any failure of a plugin's own import is that plugin's: name it, keep the cause.
            raise PluginError(
                f"{self.kind} {self.name!r} from {self.owner.distribution} cannot be loaded: "
                f"{explain(error, self.owner.distribution)}"
            ) from error


class Registrar:
    """What the hook `reidbench_register` receives: a list that takes one plugin's entries."""

    def __init__(self, owner: Owner) -> None:
        self.owner = owner
        self.entries: list[Entry] = []

    def add(self, kind: str, name: str, target: str) -> None:
        """Offer the class or function at `target` ("module:attribute") as (kind, name).

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
    """All entries of all healthy plugins."""

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
        """The entry that a config means by `name`, bare or qualified (`package.Name`).

        Raises UnknownEntryError with the nearest match and what exists; AmbiguousEntryError when
        several plugins claim a bare name."""
        of_kind = self.entries(kind)
        found = [e for e in of_kind if name in (e.name, e.qualified)]
        if len(found) == 1:
            return found[0]
        if found:
            names = ", ".join(sorted(e.qualified for e in found))
            raise AmbiguousEntryError(f"{kind} {name!r} is claimed by several plugins: say {names}")
        known = sorted({e.name for e in of_kind})
        exist = f"installed: {', '.join(known)}" if known else "none is installed"
        raise UnknownEntryError(f"unknown {kind} {name!r}{did_you_mean(name, known)} ({exist})")
