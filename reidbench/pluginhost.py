"""Which plugin packages are installed, and are they healthy. The one place that discovers them."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import pluggy

from reidbench_registry import (
    ENTRY_POINT_GROUP,
    Catalog,
    Entry,
    Owner,
    Registrar,
    UnknownEntryError,
    hookspecs,
)


@dataclass(frozen=True)
class PluginStatus:
    """One installed plugin, as `reidbench plugins` shows it."""

    name: str
    distribution: str
    version: str
    file: str | None
    entries: int
    reason: str | None
    """Why it is broken; None when it is healthy."""

    @property
    def status(self) -> str:
        return "ok" if self.reason is None else "broken"


class PluginHost:
    """Loads each plugin on its own: a broken one is listed with its reason, the rest work."""

    def __init__(self) -> None:
        self.plugins: list[PluginStatus] = []
        entries: list[Entry] = []
        for point in sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda p: p.name):
            status, brought = _load(point)
            self.plugins.append(status)
            entries += brought
        self.catalog = Catalog(entries)

    def find(self, kind: str, name: str) -> Entry:
        """`Catalog.find`, which also names the broken plugins that may have brought the entry."""
        try:
            return self.catalog.find(kind, name)
        except UnknownEntryError as error:
            broken = [p.name for p in self.plugins if p.reason]
            hint = f"; broken plugins (see `reidbench plugins`): {', '.join(broken)}"
            raise UnknownEntryError(f"{error}{hint if broken else ''}") from None


def _load(point: EntryPoint) -> tuple[PluginStatus, list[Entry]]:
    dist = point.dist
    owner = Owner(
        package=point.module.partition(".")[0],
        distribution=dist.name if dist else "unknown",
        version=dist.version if dist else "unknown",
    )
    module: Any = None
    reason = None
    brought: list[Entry] = []
    try:
        module = point.load()
        brought = _register(module, owner)
    except Exception as error:
        # A stranger's plugin may fail in any way; that is its own affair, not the run's.
        reason = f"{type(error).__name__}: {error}"
    file = getattr(module, "__file__", None)
    status = PluginStatus(point.name, owner.distribution, owner.version, file, len(brought), reason)
    return status, brought


def _register(module: Any, owner: Owner) -> list[Entry]:
    """Call the plugin's register hook alone, so that it either brings all its entries or none."""
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    manager.register(module)
    manager.check_pending()
    registrar = Registrar(owner)
    manager.hook.reidbench_register(catalog=registrar)
    return registrar.entries
