"""Checks of an entry's arguments.

Each takes the entry's name (`owner`), the argument's name and its value, and returns the value. For
a wrong one it raises ConfigError, one line in one style: `OpenCLIP: embed_dim=0 is not an integer
from 1`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from reidbench_registry import MODALITIES, ConfigError, did_you_mean


def integer(
    owner: str, name: str, value: Any, least: int | None = None, most: int | None = None
) -> int:
    """Raises ConfigError unless `value` is an integer in [least, most]; True is none."""
    if type(value) is not int or not _inside(value, least, most):
        raise _wrong(owner, name, value, f"an integer{_range(least, most)}")
    return value


def number(
    owner: str, name: str, value: Any, least: float | None = None, most: float | None = None
) -> float:
    """Raises ConfigError unless `value` is a finite number in [least, most]."""
    if not _is_number(value) or not _inside(value, least, most):
        raise _wrong(owner, name, value, f"a number{_range(least, most)}")
    return value


def positive_number(owner: str, name: str, value: Any) -> float:
    """Raises ConfigError unless `value` is a finite number above 0."""
    if not _is_number(value) or value <= 0:
        raise _wrong(owner, name, value, "a positive number")
    return value


def fraction(owner: str, name: str, value: Any, *, zero: bool = True, one: bool = True) -> float:
    """Raises ConfigError unless `value` is a number between 0 and 1; `zero` and `one` say whether
    these two are allowed."""
    inside = _is_number(value) and 0 <= value <= 1
    if not inside or (value == 0 and not zero) or (value == 1 and not one):
        ends = f"{'[' if zero else '('}0, 1{']' if one else ')'}"
        raise _wrong(owner, name, value, f"a fraction in {ends}")
    return value


def interval(owner: str, name: str, value: Any, low: float, high: float) -> tuple[float, float]:
    """Raises ConfigError unless `value` is [a, b] with low < a <= b <= high."""
    pair = isinstance(value, list | tuple) and len(value) == 2 and all(map(_is_number, value))
    if not pair or not low < value[0] <= value[1] <= high:
        raise _wrong(owner, name, value, f"[a, b] with {low} < a <= b <= {high}")
    return value[0], value[1]


def boolean(owner: str, name: str, value: Any) -> bool:
    """Raises ConfigError unless `value` is True or False."""
    if type(value) is not bool:
        raise _wrong(owner, name, value, "true or false")
    return value


def string(owner: str, name: str, value: Any) -> str:
    """Raises ConfigError unless `value` is a string that is not empty."""
    if not isinstance(value, str) or not value:
        raise _wrong(owner, name, value, "a string with something in it")
    return value


def one_of(owner: str, name: str, value: Any, choices: Iterable[str]) -> str:
    """Raises ConfigError with the nearest choice unless `value` is one of `choices`."""
    choices = list(choices)
    if value not in choices:
        near = did_you_mean(value, choices) if isinstance(value, str) else ""
        known = ", ".join(map(repr, choices))
        raise ConfigError(f"{owner}: {name}={value!r} is none of {known}{near}")
    return value


def path(owner: str, name: str, value: Any) -> Path:
    """A file or folder, with `~` expanded; whether it exists is not looked at. Raises ConfigError
    unless `value` is a Path or a string that is not empty."""
    if not isinstance(value, str | Path) or not value:
        raise _wrong(owner, name, value, "a path")
    return Path(value).expanduser()


def image_size(
    owner: str, name: str, value: Any, multiple: int = 1, least: int | None = None
) -> tuple[int, int]:
    """Raises ConfigError unless `value` is [H, W], two integers from `least` (left out: from
    `multiple`) that are multiples of `multiple`."""
    smallest = multiple if least is None else least
    pair = isinstance(value, list | tuple) and len(value) == 2
    if not pair or any(type(v) is not int or v < smallest or v % multiple for v in value):
        steps = f" in multiples of {multiple}" if multiple > 1 else ""
        raise _wrong(owner, name, value, f"[H, W]{steps}, integers from {smallest}")
    return value[0], value[1]


def modalities(owner: str, name: str, value: Any) -> tuple[str, ...]:
    """The names in the order of MODALITIES. Raises ConfigError unless `value` is a list of distinct
    modalities, at least one."""
    if not isinstance(value, list | tuple) or not value:
        raise _wrong(owner, name, value, "a list of modalities")
    for given in value:
        if given not in MODALITIES:
            raise ConfigError(
                f"{owner}: {name}: unknown modality {given!r}"
                f"{did_you_mean(str(given), MODALITIES)} (known: {', '.join(MODALITIES)})"
            )
    if len(set(value)) < len(value):
        raise ConfigError(f"{owner}: {name}={value!r} names a modality twice")
    return tuple(m for m in MODALITIES if m in value)


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value)


def _inside(value: float, least: float | None, most: float | None) -> bool:
    return (least is None or value >= least) and (most is None or value <= most)


def _range(least: float | None, most: float | None) -> str:
    words = "" if least is None else f" from {least}"
    return words if most is None else f"{words} to {most}"


def _wrong(owner: str, name: str, value: Any, expected: str) -> ConfigError:
    return ConfigError(f"{owner}: {name}={value!r} is not {expected}")
