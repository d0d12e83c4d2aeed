"""Whether a run folder already holds the result of a config."""

from __future__ import annotations

import json
from pathlib import Path

from reidbench_registry import DataError, UnknownEntryError

from ..config import Experiment
from ..config.walk import key_settings
from ..pluginhost import PluginHost
from ..results import provenance, record
from ..results.origin import Component
from .folder import read_marker


def is_finished(folder: Path, experiment: Experiment, host: PluginHost) -> bool:
    """Whether the folder holds a result of this config, made by the code that is installed now.
    Data and files of weights are not looked at: `reidbench run` does that."""
    if not (folder / "result.json").is_file():
        return False
    try:
        requested = read_marker(folder).get("requested")
        result = record.read(folder)
    except DataError:
        return False
    return (
        requested == json.loads(json.dumps(key_settings(experiment)))
        and result.reidbench == provenance.version()
        and all(_is_current(component, host) for component in result.components)
    )


def _is_current(component: Component, host: PluginHost) -> bool:
    try:
        entry = host.find(component.kind, component.name)
    except UnknownEntryError:
        return False
    return provenance.component(entry) == component.model_dump()
