"""The result record: what a run claims, and all that is needed to know what the claim means."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from reidbench_registry import DataError

from .tools.files import write_json

SCHEMA = 1

KEYS: dict[str, str] = {
    "schema": "number of this layout; readers keep reading older ones",
    "run": "name of the run folder; null for embeddings that were scored from files",
    "reidbench": "version of the harness",
    "seed": "seed of training and sampling; null for files",
    "protocol": "name of the bundle of tasks; null when a task was scored alone",
    "dataset": "card of the data set, with its fingerprint",
    "source": "where the embeddings come from: null for the run's own models; {run} whose "
    "checkpoints were evaluated, with the keys of their stages; {query, gallery} files with name, "
    "SHA-256, shape and dtype",
    "conditions": "per deployment mode: feature tap and neck, checkpoint selection, precision; "
    "null where unknown (files)",
    "scores": "one row per task and mode: identity, mode, counts, chance, metrics in [0, 1], their "
    "95% intervals (null with a single identity), brackets that near-ties leave open, collapsed; "
    "for composite queries that the model did not embed as a whole, `fused`: how many, and how",
    "components": "kind, name, distribution, version, source digest of every entry used",
    "stages": "key of each stage; empty for files",
}
"""Every top-level key, explained."""

ADDED = {"source": None}
"""Keys that the first records of this schema did not have, and what their absence meant."""


def write(path: Path, **values: Any) -> dict[str, Any]:
    """Write a result record with exactly the keys of `KEYS`; returns it as a reader finds
    it."""
    record = {"schema": SCHEMA, **values}
    assert record.keys() == KEYS.keys(), record.keys() ^ KEYS.keys()
    write_json(path, {key: record[key] for key in KEYS})
    return read(path)


def read(path: Path) -> dict[str, Any]:
    """The result record in a file or a run folder. Raises DataError naming what is wrong."""
    file = path / "result.json" if path.is_dir() else path
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        why = "the run is not finished, or it is no run folder" if path.is_dir() else "no such file"
        raise DataError(f"no result at {file}: {why}") from None
    except (OSError, ValueError) as error:
        raise DataError(f"{file}: {error}") from None
    if not isinstance(record, dict) or record.get("schema") != SCHEMA:
        raise DataError(f"{file}: no result record of schema {SCHEMA}")
    if lacking := KEYS.keys() - ADDED.keys() - record.keys():
        raise DataError(f"{file}: {sorted(lacking)[0]!r} is missing")
    return ADDED | record


def per_query_beside(path: Path) -> Path:
    """Where the figures query by query of a result that is no run's lie."""
    return path.with_name(f"{path.stem}.per_query")


def per_query_folder(path: Path) -> Path:
    """The folder with the figures query by query of a result file or a run folder."""
    if path.is_dir():
        path = path / "result.json"
    beside = per_query_beside(path)
    return beside if beside.is_dir() else path.parent / "evaluate"
