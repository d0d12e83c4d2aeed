"""Tells when the embedded student's foundation was made of another world than the run's."""

from __future__ import annotations

import json
from pathlib import Path

from reidbench_registry import RunResult

CARD = Path(__file__).parent / "embedded" / "foundation.json"


def mismatch(result: RunResult) -> str | None:
    """One line for people when the student started from the foundation, but the world was drawn
    in another version when the foundation was made; None when all is well."""
    backbone = (result.run.config.get("student") or {}).get("backbone") or {}
    name = str(backbone.get("type", "")).rpartition(".")[2]
    if name != "OpenCLIP" or backbone.get("pretrained") != "embedded":
        return None
    made_of = json.loads(CARD.read_text(encoding="utf-8"))["world"]
    data = result.record["dataset"]
    # The revision of drawn pedestrians starts with the version of the drawing.
    version = data["revision"].partition("-")[0]
    if data["name"] != made_of["dataset"] or version == str(made_of["version"]):
        return None
    return (
        f"The embedded student's foundation was made of {data['name']} version "
        f"{made_of['version']}, the data of this run is version {version}: make the foundation "
        "anew, or compare with care."
    )
