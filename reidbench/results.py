"""The result record: what a run claims, and all that is needed to know what the claim means."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .tools.files import write_json

SCHEMA = 1

KEYS: dict[str, str] = {
    "schema": "number of this layout; readers keep reading older ones",
    "run": "name of the run folder",
    "reidbench": "version of the harness",
    "seed": "seed of training and sampling",
    "protocol": "name of the bundle of tasks",
    "dataset": "card of the data set, with its fingerprint",
    "conditions": "per deployment mode: feature tap and neck, checkpoint selection, precision",
    "scores": "one row per task and mode: identity, mode, counts, chance, metrics in [0, 1]",
    "components": "kind, name, distribution, version, source digest of every entry used",
    "stages": "key of each stage",
}
"""Every top-level key, explained."""


def write(path: Path, **values: Any) -> dict[str, Any]:
    """Write a result record with exactly the keys of `KEYS`; returns it."""
    record = {"schema": SCHEMA, **values}
    assert record.keys() == KEYS.keys(), record.keys() ^ KEYS.keys()
    write_json(path, record)
    return record
