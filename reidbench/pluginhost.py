"""Which plugin packages are installed, and are they healthy. The one place that discovers them.

`REIDBENCH_DISABLE_PLUGINS=a,b` leaves plugins out by name.
"""

from __future__ import annotations

import contextlib
import io
import os
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
    disabled: bool = False
    printed: str = ""
    """What it printed while it was loaded: kept off our output, which others parse."""

    @property
    def status(self) -> str:
        if self.disabled:
            return "disabled"
        return "ok" if self.reason is None else "broken"


DISABLE = "REIDBENCH_DISABLE_PLUGINS"


class PluginHost:
    """Loads each plugin on its own: a broken one is listed with its reason, the rest work."""

    def __init__(self) -> None:
        self.plugins: list[PluginStatus] = []
        entries: list[Entry] = []
        names = os.environ.get(DISABLE, "").split(",")
        disabled = {name.strip() for name in names}
        for point in sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda p: p.name):
            status, brought = _load(point, point.name in disabled)
            self.plugins.append(status)
            entries += brought
        self.catalog = Catalog(entries)

    def find(self, kind: str, name: str) -> Entry:
        """`Catalog.find`, which also names the plugins left out that may have brought the entry."""
        try:
            return self.catalog.find(kind, name)
        except UnknownEntryError as error:
            out = [f"{p.name} ({p.status})" for p in self.plugins if p.status != "ok"]
            hint = f"; left out (see `reidbench plugins`): {', '.join(out)}"
            raise UnknownEntryError(f"{error}{hint if out else ''}") from None


def _load(point: EntryPoint, disabled: bool) -> tuple[PluginStatus, list[Entry]]:
    dist = point.dist
    owner = Owner(
        package=point.module.partition(".")[0],
        distribution=dist.name if dist else "unknown",
        version=dist.version if dist else "unknown",
    )
    if disabled:
        off = PluginStatus(point.name, owner.distribution, owner.version, None, 0, None, True)
        return off, []
    module: Any = None
    reason = None
    brought: list[Entry] = []
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            module = point.load()
            brought = _register(module, owner)
    except (Exception, SystemExit) as error:
        # A stranger's plugin may fail in any way; that is its own affair, not the run's.
        reason = f"{type(error).__name__}: {error}"
    file = getattr(module, "__file__", None)
    status = PluginStatus(
        point.name,
        owner.distribution,
        owner.version,
        file,
        len(brought),
        reason,
        printed=printed.getvalue().strip(),
    )
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
