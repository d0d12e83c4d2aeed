"""`--cfg-options path=value`: changes to a config from the command line."""

from __future__ import annotations

import ast
from typing import Any

from reidbench_registry import ConfigError, did_you_mean


def apply(config: dict[str, Any], options: list[str]) -> None:
    """Set `a.b.0.c=value` for each option, in place. A list item is named by its index.

    Everything on the way to the last key must exist; whether the last key may exist is the
    business of the check that follows. Raises ConfigError."""
    for option in options:
        path, separator, text = option.partition("=")
        if not separator or not path:
            raise ConfigError(f"--cfg-options {option!r}: expected path=value")
        put(config, path, literal(text))


def put(config: dict[str, Any], path: str, value: Any) -> None:
    """Set one value, in place. Raises ConfigError as `apply`."""
    *parents, last = path.split(".")
    node: Any = config
    for depth, key in enumerate(parents):
        node = _child(node, key, where=".".join(parents[:depth]))
    if isinstance(node, list):
        _child(node, last, where=".".join(parents))
        node[int(last)] = value
    elif isinstance(node, dict):
        node[last] = value
    else:
        raise ConfigError(f"--cfg-options {path}: {'.'.join(parents)} is {node!r}, no section")


def _child(node: Any, key: str, where: str) -> Any:
    place = where or "the config"
    if isinstance(node, list):
        if not key.isdigit() or int(key) >= len(node):
            raise ConfigError(f"--cfg-options: {place} has no item {key!r} (it has {len(node)})")
        return node[int(key)]
    if not isinstance(node, dict) or key not in node:
        known = list(node) if isinstance(node, dict) else []
        exist = f" (it has {', '.join(known)})" if known else ""
        raise ConfigError(f"--cfg-options: {place} has no {key!r}{did_you_mean(key, known)}{exist}")
    return node[key]


def literal(text: str) -> Any:
    """A Python or JSON literal; anything else is a string."""
    # Not `none`: that is a word of configs (`neck=none`, `exclude=none`).
    named = {"true": True, "false": False, "null": None}
    if text in named:
        return named[text]
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text
    return list(value) if isinstance(value, tuple) else value
