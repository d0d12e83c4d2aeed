"""Which plugin packages are installed, and are they healthy. The one place that discovers them.

`REIDBENCH_DISABLE_PLUGINS=a,b` leaves plugins out by name.
"""

from __future__ import annotations

import argparse
import copy
import os
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from importlib.metadata import EntryPoint, distributions, entry_points
from typing import Any

from reidbench_registry import (
    ENTRY_POINT_GROUP,
    Catalog,
    ConfigError,
    Entry,
    Owner,
    PluginError,
    UnknownEntryError,
)
from reidbench_registry.errors import explain

from ..signals import received
from .load import Plugin, PluginStatus, load

DISABLE = "REIDBENCH_DISABLE_PLUGINS"

STRICT: ContextVar[bool] = ContextVar("strict", default=False)
"""Whether hosts made from here on take a broken plugin for an error (`--strict-plugins`)."""


class PluginHost:
    """Loads each plugin on its own: a broken one is listed with its reason, the rest work.

    Raises PluginError naming every broken plugin when `STRICT` is set."""

    def __init__(self) -> None:
        self._strict = STRICT.get()
        self._plugins = list(_discover())
        _refuse_shared_qualified_names(self._plugins)
        self.catalog = Catalog(e for p in self._plugins for e in p.entries)
        self.plugins = self._statuses()
        broken = [f"{p.name} ({p.reason})" for p in self.plugins if p.status == "broken"]
        if self._strict and broken:
            raise PluginError(f"broken plugins: {'; '.join(broken)}")

    def _statuses(self) -> list[PluginStatus]:
        shared = _shared_names(self._plugins)
        return [
            PluginStatus(
                p.name,
                "disabled" if p.disabled else "ok" if p.healthy else "broken",
                p.reason or "; ".join(shared[id(p)]) or None,
                p.owner.distribution,
                p.owner.version,
                p.file,
                len(p.entries),
                p.printed,
            )
            for p in self._plugins
        ]

    def find(self, kind: str, name: str) -> Entry:
        """`Catalog.find`, which also names the plugins that are left out and may have the entry.

        Raises PluginError when a broken plugin claims it."""
        try:
            return self.catalog.find(kind, name)
        except UnknownEntryError as error:
            for p in self._plugins:
                if any(e.kind == kind and name in (e.name, e.qualified) for e in p.claimed):
                    raise PluginError(
                        f"{kind} {name!r} is of the plugin {p.name!r}, which is broken: {p.reason}"
                    ) from None
            out = [f"{p.name} ({p.status})" for p in self.plugins if p.status != "ok"]
            hint = f"; left out (see `reidbench plugins`): {', '.join(out)}"
            raise UnknownEntryError(f"{error}{hint if out else ''}") from None

    def entries_of(self, name: str) -> list[Entry]:
        """The entries of one plugin."""
        return [e for p in self._plugins if p.name == name for e in p.entries]

    def call(
        self, hook: str, tell: Callable[[str], None], expected: type = object, **info: Any
    ) -> list[tuple[Owner, Any]]:
        """What each healthy plugin's hook answers, in the order of the plugins' names.

        Every plugin gets a copy of `info`. One that raises, or answers with anything but an
        `expected` or None, is reported through `tell` in one line and left out; with `STRICT` it
        is a PluginError."""
        answers: list[tuple[Owner, Any]] = []
        for p in self._plugins:
            if not p.healthy:
                continue
            try:
                for answer in getattr(p.hooks, hook)(**copy.deepcopy(info)):
                    if not isinstance(answer, expected):
                        raise TypeError(f"expected {expected.__name__}, got {answer!r}")
                    answers.append((p.owner, answer))
            except BaseException as error:
                if isinstance(error, KeyboardInterrupt) and received() is not None:
                    raise  # the user's
                # A plugin's failure, down to sys.exit, must not end a long run.
                line = f"plugin {p.name!r}, {hook}: {explain(error, p.owner.distribution)}"
                if self._strict:
                    raise PluginError(line) from error
                tell(line)
        return answers

    def commands(self) -> dict[str, list[str]]:
        """Verb -> the plugins that add it."""
        adding: dict[str, list[str]] = defaultdict(list)
        for p in self._plugins:
            for verb in p.verbs:
                adding[verb].append(p.name)
        return dict(sorted(adding.items()))

    def command(self, verb: str) -> argparse.ArgumentParser | None:
        """The parser that knows a plugin's verb. Raises ConfigError when several plugins add it."""
        adding = [p for p in self._plugins if verb in p.verbs]
        if len(adding) > 1:
            names = ", ".join(p.name for p in adding)
            raise ConfigError(
                f"the verb {verb!r} is in several plugins: {names} "
                f"(leave all but one out with {DISABLE})"
            )
        return adding[0].commands if adding else None


def _discover() -> Iterator[Plugin]:
    disabled = {folded(name) for name in os.environ.get(DISABLE, "").split(",")}
    points, unreadable = discovered()
    yield from unreadable
    for point in points:
        yield load(point, folded(point.name) in disabled)


def folded(name: str) -> str:
    return name.strip().replace("-", "_")


def discovered() -> tuple[list[EntryPoint], list[Plugin]]:
    """The entry points of our group, sorted, and plugins of which not even these can be read."""
    points, unreadable = _entry_points()
    return sorted(points, key=lambda p: (p.name, p.value)), unreadable


def _entry_points() -> tuple[list[EntryPoint], list[Plugin]]:
    try:
        return list(entry_points(group=ENTRY_POINT_GROUP)), []
    except Exception:
        # One damaged entry_points.txt, anybody's. Look at each distribution alone: slower.
        points: dict[tuple[str, str], EntryPoint] = {}
        unreadable = []
        for dist in distributions():
            text = ""
            try:
                text = dist.read_text("entry_points.txt") or ""
                selected = dist.entry_points.select(group=ENTRY_POINT_GROUP)
                points.update({(p.name, p.value): p for p in selected})
            except Exception as error:
                if ENTRY_POINT_GROUP in text:
                    owner = Owner(dist.name, dist.name, dist.version)
                    reason = f"entry_points.txt: {explain(error, dist.name)}"
                    unreadable.append(Plugin(dist.name, owner, reason=reason))
        return list(points.values()), unreadable


def _refuse_shared_qualified_names(plugins: list[Plugin]) -> None:
    """Two plugins of one package that claim one name would share its qualified name, too: the
    second of them is marked as broken."""
    taken: dict[tuple[str, str], str] = {}
    for p in plugins:
        claims = [(e.kind, e.qualified) for e in p.entries]
        for claim in claims:
            if claim in taken:
                p.breaks(f"{claim[0]} {claim[1]!r} is brought by the plugin {taken[claim]!r}, too")
                break
        else:
            taken |= dict.fromkeys(claims, p.name)


def _shared_names(plugins: list[Plugin]) -> dict[int, list[str]]:
    """id(plugin) -> a line for each name that it shares with others."""
    claims: dict[tuple[str, str], list[Plugin]] = defaultdict(list)
    for p in plugins:
        for e in p.entries:
            claims[e.kind, e.name].append(p)
    lines: dict[int, list[str]] = defaultdict(list)
    for (kind, name), sharing in claims.items():
        for p in sharing if len(sharing) > 1 else ():
            others = ", ".join(q.name for q in sharing if q is not p)
            lines[id(p)].append(
                f"{kind} {name!r} is in {others}, too: use {p.owner.package}.{name}"
            )
    return lines
