"""In what two values of plain JSON data differ."""

from __future__ import annotations

from typing import Any


def differences(first: Any, second: Any, where: str = "") -> dict[str, tuple[Any, Any]]:
    """Dotted name -> the two values, for every leaf in which two JSON values differ."""
    if isinstance(first, dict) and isinstance(second, dict):
        leaves: dict[str, tuple[Any, Any]] = {}
        for key in dict.fromkeys([*first, *second]):
            leaves |= differences(
                first.get(key), second.get(key), f"{where}.{key}" if where else key
            )
        return leaves
    return {} if first == second else {where: (first, second)}
