"""A task as a JSON file, with the fields of `Task.describe`: for tasks that no plugin has."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

from reidbench_registry import ConfigError, Selector, Task, Trials, did_you_mean


def read_task(path: Path) -> Task:
    """The task that a file describes: `name`, `query` and `gallery` (`modality`, `split`,
    `cameras`), `exclude`, `cmc`, `trials` (`number`, `shots`, `origin`).

    Raises ConfigError naming the file and the field."""
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"task file not found: {path}") from None
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: {error}") from None
    try:
        return task_of(given)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None


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
        raise ConfigError(f"{where}: expected an object, got {given!r}")
    known = {f.name: f for f in dataclasses.fields(kind)}
    for name in given:
        if name not in known:
            raise ConfigError(f"{where}: unknown field {name!r}{did_you_mean(name, known)}")
    for name, f in known.items():
        if f.default is dataclasses.MISSING and name not in given:
            raise ConfigError(f"{where}: field {name!r} is missing")
    return dict(given)
