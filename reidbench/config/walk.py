"""Walks over config sections: the entries that they name, and the settings that stage keys hold."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any


def entries_in(section: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """(kind, config) of every entry in a section and the sections below it."""
    for f in dataclasses.fields(section):
        value = getattr(section, f.name)
        if dataclasses.is_dataclass(value):
            yield from entries_in(value)
        elif "kind" in f.metadata and value is not None:
            for item in value if isinstance(value, list) else [value]:
                yield f.metadata["kind"], item


def key_settings(section: Any) -> dict[str, Any]:
    """The settings of a section that change what a stage makes, sections below it included."""
    settings: dict[str, Any] = {}
    for f in dataclasses.fields(section):
        if f.metadata.get("in_key", True):
            value = getattr(section, f.name)
            settings[f.name] = key_settings(value) if dataclasses.is_dataclass(value) else value
    return settings
