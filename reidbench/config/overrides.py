"""`--cfg-options path=value`: changes to a config from the command line."""

from __future__ import annotations

import ast
import logging
from collections.abc import Iterable
from typing import Any

from reidbench_registry import ConfigError, did_you_mean

from .fill import WEIGHT

LOG = logging.getLogger(__name__)
TYPE = ".type"


def apply(config: dict[str, Any], options: list[str]) -> None:
    """Set `a.b.0.c=value` for each option, in place. A list item is named by its index.

    Everything on the way to the last key must exist; whether the last key may exist is the
    business of the check that follows. Raises ConfigError."""
    changes = []
    for option in options:
        path, separator, text = option.partition("=")
        if not separator or not path:
            raise ConfigError(f"--cfg-options {option!r}: expected path=value")
        changes.append((path, literal(text)))
    put(config, changes)


def put(config: dict[str, Any], changes: Iterable[tuple[str, Any]]) -> None:
    """Set (path, value) for each change, in place. An entry of another `type` takes over none of
    its arguments but those among the changes, as in a config over its base, and a line of the log
    says which. Raises ConfigError as `apply`."""
    changes = list(changes)
    for path, value in changes:
        if path.endswith(TYPE):
            _leave_out(config, path.removesuffix(TYPE), value, [p for p, _ in changes])
        _put(config, path, value)


def _leave_out(config: dict[str, Any], where: str, kind: Any, changed: list[str]) -> None:
    """Remove the arguments of the entry at `where` before it becomes one of another kind."""
    entry = _at(config, where.split("."))
    if not isinstance(entry, dict) or entry.get("type") in (None, kind):
        return
    left_out = [
        name
        for name in entry
        if name not in ("type", WEIGHT)
        and not any(f"{path}.".startswith(f"{where}.{name}.") for path in changed)
    ]
    for name in left_out:
        del entry[name]
    if left_out:
        names, verb = ", ".join(left_out), "are" if len(left_out) > 1 else "is"
        old = entry["type"]
        LOG.warning("%s: %r replaces %r, whose %s %s left out", where, kind, old, names, verb)


def _put(config: dict[str, Any], path: str, value: Any) -> None:
    *parents, last = path.split(".")
    node = _at(config, parents)
    if isinstance(node, list):
        _child(node, last, where=".".join(parents))
        node[int(last)] = value
    elif isinstance(node, dict):
        node[last] = value
    else:
        raise ConfigError(f"--cfg-options {path}: {'.'.join(parents)} is {node!r}, no section")


def _at(config: dict[str, Any], keys: list[str]) -> Any:
    node: Any = config
    for depth, key in enumerate(keys):
        node = _child(node, key, where=".".join(keys[:depth]))
    return node


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
