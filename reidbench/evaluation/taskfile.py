"""A task as a JSON file, with the fields of `Task.describe`: for tasks that no plugin has."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from reidbench_registry import ConfigError, DataError, Selector, Task, Trials, did_you_mean

from ..tools.guarded import SETTINGS, read_json
from ..tools.terminal import LIMIT, quoted

CAMERAS = 1000
"""Cameras that a task names: each is compared with that of each item."""
_STRINGS = ("name", "modality", "split", "dataset", "role", "exclude", "cmc", "origin", "side")


def read_task(path: Path) -> Task:
    """The task that a file describes: `name`, `query` and `gallery` (`modality`, `split`,
    `cameras`), `exclude`, `cmc`, `trials` (`number`, `shots`, `origin`).

    Raises ConfigError naming the file and the field."""
    try:
        return task_of(read_json(path, SETTINGS, "task file not found"))
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None
    except DataError as error:
        raise ConfigError(str(error)) from None


def task_of(given: Any) -> Task:
    """The same from the parsed file."""
    fields = _fields(Task, given, "task")
    for side in ("query", "gallery"):
        fields[side] = Selector(**_fields(Selector, fields[side], side))
    if fields.get("trials") is not None:
        fields["trials"] = Trials(**_fields(Trials, fields["trials"], "trials"))
    return Task(**fields)


def _fields(kind: type, given: Any, where: str) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise ConfigError(f"{where}: expected an object, got {quoted(given)}")
    known = {f.name: f for f in dataclasses.fields(kind)}
    for name in given:
        if name not in known:
            raise ConfigError(f"{where}: unknown field {quoted(name)}{did_you_mean(name, known)}")
    for name, f in known.items():
        if f.default is dataclasses.MISSING and name not in given:
            raise ConfigError(f"{where}: field {name!r} is missing")
    for name, value in given.items():
        if value is None and known[name].default is None:
            continue
        if name in _STRINGS and not _is_name(value):
            raise ConfigError(f"{where}: {name} is {quoted(value)}, expected a name")
        if name == "cameras" and not (
            isinstance(value, list) and len(value) <= CAMERAS and all(map(_is_name, value))
        ):
            raise ConfigError(f"{where}: cameras: expected a list of at most {CAMERAS} names")
    return dict(given)


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LIMIT
