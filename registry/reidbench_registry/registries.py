"""Name -> class -> object: one thin mmengine Registry per kind, fed by the catalogue."""

from __future__ import annotations

from typing import Any

from mmengine.registry import Registry

from .catalog import Catalog
from .errors import ConfigError, ReidbenchError


class KindRegistry(Registry):
    """mmengine's `build(cfg)` over one kind of the catalogue.

    `get` is our own: mmengine's looks a dotted name up as a scope and imports torch on the way.
    """

    def __init__(self, kind: str, catalog: Catalog) -> None:
        super().__init__(kind, scope="reidbench")
        self.kind = kind
        self.catalog = catalog

    def get(self, key: str) -> Any:
        """The class or function behind a bare or qualified name, imported on first use."""
        return self.catalog.find(self.kind, key).load()

    def create(self, cfg: dict[str, Any], **extra: Any) -> Any:
        """Build `dict(type=name, **arguments)`; `extra` are arguments that the harness supplies.

        `type` must be a name: a class, a function or a path to one would run anything. A
        ValueError from the entry is the user's wrong argument; other exceptions are bugs and pass.
        """
        if not isinstance(cfg, dict) or not isinstance(cfg.get("type"), str):
            raise ConfigError(f"a {self.kind} is given as dict(type='name', ...), got {cfg!r}")
        target = self.get(cfg["type"])
        arguments = {key: value for key, value in cfg.items() if key != "type"} | extra
        try:
            # Handing over the resolved class keeps mmengine from splitting a qualified name.
            return self.build({"type": target, **arguments})
        except ReidbenchError:
            raise
        except ValueError as error:
            raise ConfigError(f"{self.kind} {cfg['type']!r}: {error}") from error
