"""The hooks that a plugin can implement: a table of contents."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from .catalog import Registrar

PROJECT = "reidbench"
ENTRY_POINT_GROUP = "reidbench.plugins"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def reidbench_register(catalog: Registrar) -> None:
    """Name the entries that this plugin brings: `catalog.add(kind, name, "module:Class")`."""
