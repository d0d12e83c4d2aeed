"""Checks that the augmentations share."""

from __future__ import annotations

from typing import Any

from reidbench_registry import ConfigError


def probability(owner: str, name: str, value: Any) -> float:
    """Raises ConfigError unless `value` is a number in [0, 1]."""
    return between(owner, name, value, 0, 1)


def between(owner: str, name: str, value: Any, low: float, high: float) -> float:
    """Raises ConfigError unless `value` is a number in [low, high]."""
    if type(value) not in (int, float) or not low <= value <= high:
        raise ConfigError(f"{owner}: {name}={value!r} is not a number from {low} to {high}")
    return value


def span(owner: str, name: str, value: Any, low: float, high: float) -> tuple[float, float]:
    """Raises ConfigError unless `value` is [a, b] with low < a <= b <= high."""
    pair = isinstance(value, (list, tuple)) and len(value) == 2
    if (
        not pair
        or any(type(v) not in (int, float) for v in value)
        or not low < value[0] <= value[1] <= high
    ):
        raise ConfigError(f"{owner}: {name}={value!r} is not [a, b] with {low} < a <= b <= {high}")
    return value[0], value[1]
