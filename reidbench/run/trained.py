"""The data that the weights of a run saw."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..config.modes import MODELS
from ..tools.guarded import read_json
from .context import Output
from .models import SOURCES


def seen(dataset: Mapping[str, Any], outputs: Mapping[str, Output]) -> list[dict[str, Any]]:
    """What teacher and student were trained on by the harness, as a record has it. `dataset`: name,
    revision and fingerprint of the run that trained them."""
    found: dict[str, dict[str, Any]] = {}
    for model, section in MODELS.items():
        stage = SOURCES[model].weights
        if section in found or stage not in outputs:
            continue
        training = read_json(outputs[stage].folder / "training.json")
        if training["selection"] == "untrained":
            continue
        items, unlabelled = training.get("items"), training.get("unlabelled", 0)
        found[section] = {
            **{name: dataset[name] for name in ("name", "revision", "fingerprint")},
            "splits": ["train", "unlabelled"] if unlabelled else ["train"],
            "items": None if items is None else items + unlabelled,
            "model": section,
            "declared": False,
        }
    return list(found.values())
