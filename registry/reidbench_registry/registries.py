"""Name -> class -> object, for the entries of one kind."""

from __future__ import annotations

from typing import Any

from .catalog import Catalog
from .errors import ConfigError, ReidbenchError


class KindRegistry:
    """The entries of one kind of the catalogue, imported on first use."""

    def __init__(self, kind: str, catalog: Catalog) -> None:
        self.kind = kind
        self.catalog = catalog

    def get(self, name: str) -> Any:
        """The class or function behind a bare or qualified name.

        Raises UnknownEntryError, AmbiguousEntryError, and PluginError when it cannot be imported.
        """
        return self.catalog.find(self.kind, name).load()

    def create(self, cfg: dict[str, Any], **extra: Any) -> Any:
        """Build `dict(type=name, **arguments)`; `extra` are arguments that the harness supplies.

        `type` must be a name: a class, a function or a path to one would run anything. Raises
        ConfigError for another config and for a ValueError from the entry, which is the user's
        wrong argument; its other exceptions are bugs and pass."""
        if not isinstance(cfg, dict) or not isinstance(cfg.get("type"), str):
            raise ConfigError(f"a {self.kind} is given as dict(type='name', ...), got {cfg!r}")
        target = self.get(cfg["type"])
        arguments = {key: value for key, value in cfg.items() if key != "type"} | extra
        try:
            return target(**arguments)
        except ReidbenchError:
            raise
        except ValueError as error:
            raise ConfigError(f"{self.kind} {cfg['type']!r}: {error}") from error
