"""The entries that a config section names."""

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
