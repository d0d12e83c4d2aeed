"""Load one plugin, so that whatever it does wrong is a line about it and nothing else."""

from __future__ import annotations

import argparse
import ast
import contextlib
import functools
import importlib.util
import io
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.machinery import PathFinder
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pluggy

from reidbench_registry import API_VERSION, Entry, Owner, PluginError, Registrar, hookspecs
from reidbench_registry.errors import explain


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
    """A plugin as far as it came. A broken one has neither entries nor hooks."""

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
        """Keep the reason, drop everything that the plugin brought."""
        self.reason = reason
        self.claimed, self.entries = [*self.claimed, *self.entries], []
        self.hooks, self.commands, self.verbs = None, None, []


def load(point: EntryPoint, disabled: bool) -> Plugin:
    """Import the plugin behind an entry point and call its hooks that bring something."""
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
    with kept_off_stdout() as printed:
        try:
            spec = importlib.util.find_spec(package)
            plugin.file = spec.origin if spec else None
            module = point.load()
            plugin.file = getattr(sys.modules.get(point.module), "__file__", plugin.file)
            _check_version(getattr(module, "REIDBENCH_API", API_VERSION))
            _bring(plugin, module, registrar)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            # A stranger's plugin may fail in any way; that is its own affair, not the run's.
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


def _check_version(wanted: Any) -> None:
    pair = isinstance(wanted, (tuple, list)) and [type(n) for n in wanted] == [int, int]
    if not pair:
        raise PluginError(f"REIDBENCH_API: expected (major, minor), got {wanted!r}")
    if wanted[0] != API_VERSION[0] or wanted[1] > API_VERSION[1]:
        ours = ".".join(map(str, API_VERSION))
        raise PluginError(
            f"written for plugin API {wanted[0]}.{wanted[1]}; this reidbench has {ours}"
        )


def _bring(plugin: Plugin, module: Any, registrar: Registrar) -> None:
    """Fill in entries, commands and hooks: all of them or, by an exception, none.

    A manager of its own: a plugin's wrappers and mistakes stay with it."""
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


def missing(target: str) -> str | None:
    """What of "module:attribute" does not exist, or None. Nothing below the plugin's top package
    is imported: it may want torch. What cannot be told from the source passes."""
    module, _, attribute = target.partition(":")
    top, *rest = module.split(".")
    spec = importlib.util.find_spec(top)
    name = top
    for part in rest:
        if spec is None or spec.submodule_search_locations is None:
            break
        name = f"{name}.{part}"
        spec = PathFinder.find_spec(name, spec.submodule_search_locations)
    if spec is None or name != module:
        return f"there is no module {module!r}"
    if not spec.origin or not spec.origin.endswith(".py"):
        return None
    names = _names(spec.origin, Path(spec.origin).stat().st_mtime_ns)
    if attribute in names or names & {"*", "__getattr__", "globals", "exec"}:
        return None
    return f"{module!r} has no {attribute!r}"


@functools.lru_cache
def _names(file: str, _changed: int) -> set[str]:
    """What a source file mentions by name outside of functions and classes, and these."""
    names: set[str] = set()
    todo: list[ast.AST] = [ast.parse(Path(file).read_bytes())]
    while todo:
        node = todo.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
            continue
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names |= {a.asname or a.name.partition(".")[0] for a in node.names}
        elif isinstance(node, ast.Name):
            names.add(node.id)
        todo += ast.iter_child_nodes(node)
    return names


@contextlib.contextmanager
def kept_off_stdout() -> Iterator[io.StringIO]:
    """Nothing inside writes to our standard output: what Python prints is yielded, what goes around
    `sys.stdout` (C code, child processes) lands on stderr."""
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
