"""The values that a config may hold."""

from __future__ import annotations

from typing import Any

from reidbench_registry import ConfigError

from ..tools.guarded import DIGITS
from ..tools.terminal import quoted, safe


def plain(value: Any, where: str) -> Any:
    """The same value in JSON's types. A class or a function in a config is refused: a config
    names entries, so that it can be checked, saved and compared. Raises ConfigError."""
    if isinstance(value, dict):
        return {str(k): plain(v, f"{where}: {safe(k, 60)}") for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v, where) for v in value]
    if isinstance(value, int) and abs(value) >= 10**DIGITS:
        raise ConfigError(f"{where}: an integer of more than {DIGITS} digits")
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise ConfigError(f"{where}: {quoted(value)} is not plain data (give entries by name)")
