"""A plain dict with every default filled in. Wrong keys and values stay, for the check to find."""

from __future__ import annotations

import dataclasses
import types
import typing
from typing import Any

WEIGHT = "weight"
"""Key of a loss's or distiller's weight; it belongs to the harness, not to the entry."""


def fill(section: type, given: Any) -> Any:
    """`given` with the defaults of the dataclass `section` added."""
    if not isinstance(given, dict):
        return given
    hints = typing.get_type_hints(section)
    filled = dict(given)
    for f in dataclasses.fields(section):
        if f.name not in filled:
            if f.default is not dataclasses.MISSING:
                filled[f.name] = f.default
            elif f.default_factory is not dataclasses.MISSING:
                filled[f.name] = _as_dict(f.default_factory())
        elif (inner := section_of(hints[f.name])) is not None:
            filled[f.name] = fill(inner, filled[f.name])
        if "kind" in f.metadata and isinstance(filled.get(f.name), str):
            filled[f.name] = {"type": filled[f.name]}
        if f.metadata.get("weighted") and isinstance(filled.get(f.name), list):
            filled[f.name] = [_weighted(item) for item in filled[f.name]]
    return filled


def _weighted(item: Any) -> Any:
    return {**item, WEIGHT: item.get(WEIGHT, 1.0)} if isinstance(item, dict) else item


def _as_dict(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    return value


def section_of(hint: Any) -> type | None:
    """The dataclass in `Section` or `Section | None`, if the hint is one."""
    options = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    return next((o for o in options if isinstance(o, type) and dataclasses.is_dataclass(o)), None)
