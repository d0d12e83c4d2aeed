"""Load one plugin, so that whatever it does wrong becomes one line about that plugin."""

from __future__ import annotations

import argparse
import importlib.util
import sys
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint
from typing import Any

import pluggy

from reidbench_registry import API_VERSION, Entry, Owner, PluginError, Registrar, hookspecs
from reidbench_registry.errors import explain
from reidbench_registry.sources import find_spec, names_in, read_source

from ..signals import received
from .stdout import redirected_stdout


@dataclass(frozen=True)
class PluginStatus:
    """One installed plugin, as `reidbench plugins` shows it."""

    name: str
    status: str
    """`ok`, `broken` or `disabled`"""
    reason: str | None
    """Why it is broken; of a healthy one, which names it shares with others."""
    distribution: str
    version: str
    file: str | None
    entries: int
    printed: str = ""
    """What it printed while it was loaded: kept off our output, which others parse."""


@dataclass
class Plugin:
    """A plugin as far as it could be loaded. A broken one has neither entries nor hooks."""

    name: str
    owner: Owner
    file: str | None = None
    reason: str | None = None
    printed: str = ""
    disabled: bool = False
    entries: list[Entry] = field(default_factory=list)
    claimed: list[Entry] = field(default_factory=list)
    """The entries that a broken plugin named before it broke."""
    hooks: Any = None
    """pluggy's callers of this plugin's hooks, and of no other's."""
    commands: argparse.ArgumentParser | None = None
    verbs: list[str] = field(default_factory=list)
    """What `commands` understands."""

    @property
    def healthy(self) -> bool:
        return self.reason is None and not self.disabled

    def breaks(self, reason: str) -> None:
        """Mark as broken: keep the reason, drop entries, hooks and commands."""
        self.reason = reason
        self.claimed, self.entries = [*self.claimed, *self.entries], []
        self.hooks, self.commands, self.verbs = None, None, []


def load(point: EntryPoint, disabled: bool) -> Plugin:
    """Import the plugin behind an entry point, and collect what it registers."""
    package = point.module.partition(".")[0]
    dist = point.dist
    plugin = Plugin(
        point.name,
        Owner(package, (dist and dist.name) or "unknown", (dist and dist.version) or "unknown"),
        disabled=disabled,
    )
    if disabled:
        return plugin
    registrar = Registrar(plugin.owner)
    with redirected_stdout() as printed:
        try:
            spec = importlib.util.find_spec(package)
            plugin.file = spec.origin if spec else None
            module = point.load()
            plugin.file = getattr(sys.modules.get(point.module), "__file__", plugin.file)
            _check_version(getattr(module, "REIDBENCH_API", API_VERSION))
            _collect(plugin, module, registrar)
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt) and received() is not None:
                raise  # the user's; one that the plugin raises itself is a failure of its own
            # A plugin may fail in any way, down to sys.exit; the others still work.
            plugin.claimed = list(registrar.entries)
            plugin.breaks(_reason(error, plugin.owner))
    plugin.printed = "" if printed.closed else printed.getvalue().strip()
    return plugin


def _reason(error: BaseException, owner: Owner) -> str:
    if isinstance(error, PluginError):
        return str(error)
    line = explain(error, owner.distribution)
    if isinstance(error, ImportError) and (error.name or "").startswith("reidbench"):
        line += " (written for another version of reidbench?)"
    return line


def missing(target: str) -> str | None:
    """What of "module:attribute" does not exist, or None. What the source does not settle is taken
    to exist."""
    module, _, attribute = target.partition(":")
    spec = find_spec(module)
    if spec is None:
        return f"there is no module {module!r}"
    source = read_source(spec)
    names = names_in(source) if source is not None else {attribute}
    if attribute in names or names & {"*", "__getattr__", "globals", "exec"}:
        return None
    return f"{module!r} has no {attribute!r}"


def _check_version(wanted: Any) -> None:
    pair = isinstance(wanted, (tuple, list)) and [type(n) for n in wanted] == [int, int]
    if not pair:
        raise PluginError(f"REIDBENCH_API: expected (major, minor), got {wanted!r}")
    if wanted[0] != API_VERSION[0] or wanted[1] > API_VERSION[1]:
        ours = ".".join(map(str, API_VERSION))
        raise PluginError(
            f"written for plugin API {wanted[0]}.{wanted[1]}; this reidbench has {ours}"
        )


def _collect(plugin: Plugin, module: Any, registrar: Registrar) -> None:
    """Fill in entries, commands and hooks: all of them or, after an exception, none.

    Each plugin has a pluggy manager of its own, so that its wrappers and its mistakes reach no
    other plugin."""
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    manager.register(module)
    manager.check_pending()
    if not manager.get_hookcallers(module):
        raise PluginError("it implements no hook of reidbench: is @hookimpl missing?")
    manager.hook.reidbench_register(catalog=registrar)
    entries = list(registrar.entries)
    for entry in entries:
        if problem := missing(entry.target):
            raise PluginError(f"{entry.kind} {entry.name!r}: {problem}")
    if manager.hook.reidbench_add_commands.get_hookimpls():
        plugin.commands = argparse.ArgumentParser(prog="reidbench")
        verbs = plugin.commands.add_subparsers(title="verbs", metavar="VERB", required=True)
        manager.hook.reidbench_add_commands(subparsers=verbs)
        plugin.verbs = list(verbs.choices)
    plugin.entries, plugin.hooks = entries, manager.hook
