"""Figures query by query, on disk: for intervals of differences, and for pictures.

`per_query.safetensors` holds `<task>/<mode>/<metric>` -> float64[Nv], `queries.json` the item ids
and pids of each `<task>/<mode>` in the same order.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from reidbench_registry import DataError

from ..evaluation.score import Scored
from ..tools.files import write_json
from ..tools.tensors import load_tensors, save_tensors


class PerQuery(NamedTuple):
    item_ids: list[str]
    pids: list[str]
    figures: dict[str, np.ndarray]
    """metric -> float64[len(item_ids)]"""


def save_per_query(folder: Path, scored: Mapping[tuple[str, str], Scored]) -> None:
    """Write what was scored for each (task, mode)."""
    import torch

    save_tensors(
        folder / "per_query.safetensors",
        {
            f"{task}/{mode}/{metric}": torch.from_numpy(values)
            for (task, mode), one in scored.items()
            for metric, values in one.per_query.items()
        },
    )
    write_json(
        folder / "queries.json",
        {
            f"{task}/{mode}": {
                "item_ids": [r.item_id for r in one.queries],
                "pids": [r.pid for r in one.queries],
            }
            for (task, mode), one in scored.items()
        },
    )


def load_per_query(folder: Path) -> dict[tuple[str, str], PerQuery]:
    """Read what `save_per_query` wrote. Raises DataError naming a file that does not fit."""
    path = folder / "queries.json"
    try:
        queries = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: {error}") from None
    figures: dict[tuple[str, str], dict[str, np.ndarray]] = {}
    for name, values in load_tensors(folder / "per_query.safetensors").items():
        task, mode, metric = name.rsplit("/", 2)
        figures.setdefault((task, mode), {})[metric] = values.numpy()
    per_query = {}
    for key, of_queries in queries.items():
        task, mode = key.rsplit("/", 1)
        one = PerQuery(of_queries["item_ids"], of_queries["pids"], figures.get((task, mode), {}))
        if any(len(v) != len(one.item_ids) for v in one.figures.values()):
            raise DataError(f"{path}: {key}: figures and queries differ in number")
        per_query[task, mode] = one
    return per_query


def per_query_beside(path: Path) -> Path:
    """Where the figures query by query of a result that is no run's lie."""
    return path.with_name(f"{path.stem}.per_query")


def per_query_folder(path: Path) -> Path:
    """The folder with the figures query by query of a result file or a run folder."""
    if path.is_dir():
        path = path / "result.json"
    beside = per_query_beside(path)
    return beside if beside.is_dir() else path.parent / "evaluate"
