"""The golden suite: small cases with values worked by hand, where evaluation code disagrees.

README.md in this folder describes the files, for evaluators other than this one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from reidbench_registry import Record, Task

from ...tools.files import write_json
from ...tools.manifest import write_manifest
from ..taskfile import task_of

FOLDER = Path(__file__).parent / "cases"
_FIELDS = ("item_id", "modality", "pid", "camera_id", "instance_id", "location_id")


@dataclass(frozen=True)
class Case:
    """One case of the suite."""

    name: str
    row: str
    """what evaluators disagree about"""
    what: str
    task: Task
    records: list[Record]
    features: np.ndarray
    """float32[len(records), D]"""
    expect: dict[str, Any]
    """as in the file, with fractions as floats"""
    worked: str
    """how the values come about"""
    elsewhere: dict[str, str]
    """evaluator -> what it gives instead"""

    @classmethod
    def read(cls, path: Path) -> Case:
        given = json.loads(path.read_text(encoding="utf-8"))
        items = given["items"]
        records = [
            Record(
                dataset="golden",
                split="test",
                extras={k: v for k, v in item.items() if k not in (*_FIELDS, "feature")},
                **{k: item[k] for k in _FIELDS if k in item},
            )
            for item in items
        ]
        expect = given["expect"] | {
            key: {name: _number(value) for name, value in given["expect"][key].items()}
            for key in ("metrics", "bracket")
            if key in given["expect"]
        }
        return cls(
            name=path.stem,
            row=given["row"],
            what=given["what"],
            task=task_of(given["task"]),
            records=records,
            features=np.array([item["feature"] for item in items], np.float32),
            expect=expect,
            worked=given["worked"],
            elsewhere=given["elsewhere"],
        )

    def write(self, folder: Path) -> None:
        """Write `manifest.csv`, `embeddings.npz`, `task.json` and `expected.json`, as
        `reidbench score` and other evaluators can read them."""
        folder.mkdir(parents=True, exist_ok=True)
        write_manifest(folder / "manifest.csv", self.records)
        item_ids = np.array([r.item_id for r in self.records])
        np.savez(folder / "embeddings.npz", features=self.features, item_ids=item_ids)
        write_json(folder / "task.json", self.task.describe())
        write_json(folder / "expected.json", self.expect)


def cases() -> Iterator[Case]:
    """All cases, by name."""
    for path in sorted(FOLDER.glob("*.json")):
        yield Case.read(path)


def _number(value: Any) -> Any:
    if isinstance(value, list):
        return [_number(v) for v in value]
    return float(Fraction(value))
