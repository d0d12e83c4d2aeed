"""Figures query by query, on disk: for intervals of differences, and for pictures.

`per_query.safetensors` holds `<task>/<mode>/<metric>` -> float64[Nv], `queries.json` the item ids
and pids of each `<task>/<mode>` in the same order.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeGuard

import numpy as np

from reidbench_registry import DataError

from ..tools.files import write_json
from ..tools.guarded import TABLE, read_json
from ..tools.tensors import load_tensors, save_tensors
from ..tools.terminal import safe

if TYPE_CHECKING:
    from ..evaluation.score import Scored


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
    queries = _queries(path)
    figures = _figures(folder / "per_query.safetensors")
    per_query = {}
    for (task, mode), (item_ids, pids) in queries.items():
        one = PerQuery(item_ids, pids, figures.get((task, mode), {}))
        if any(len(v) != len(item_ids) for v in one.figures.values()):
            raise DataError(f"{path}: {safe(task)}/{mode}: figures and queries differ in number")
        per_query[task, mode] = one
    return per_query


def _queries(path: Path) -> dict[tuple[str, str], tuple[list[str], list[str]]]:
    given = read_json(path, TABLE)
    if not isinstance(given, dict):
        raise DataError(f"{path}: expected an object, found {type(given).__name__}")
    queries = {}
    for key, lists in given.items():
        task, slash, mode = key.rpartition("/")
        ids, pids = (
            (lists.get("item_ids"), lists.get("pids")) if isinstance(lists, dict) else (None, None)
        )
        if not slash or not _are_strings(ids) or not _are_strings(pids) or len(ids) != len(pids):
            raise DataError(f"{path}: {safe(key)}: expected `item_ids` and as many `pids`")
        if len(set(ids)) < len(ids):
            raise DataError(f"{path}: {safe(key)}: an item id occurs more than once")
        queries[task, mode] = ids, pids
    return queries


def _are_strings(value: Any) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(v, str) for v in value)


def _figures(path: Path) -> dict[tuple[str, str], dict[str, np.ndarray]]:
    figures: dict[tuple[str, str], dict[str, np.ndarray]] = {}
    for name, values in load_tensors(path).items():
        parts = name.rsplit("/", 2)
        if len(parts) < 3 or values.ndim != 1 or str(values.dtype) != "torch.float64":
            kind = f"{str(values.dtype).removeprefix('torch.')}{list(values.shape)}"
            raise DataError(
                f"{path}: expected task/mode/metric -> float64[N], found {safe(name)}: {kind}"
            )
        if not values.isfinite().all():
            raise DataError(f"{path}: {safe(name)}: a figure is not finite")
        task, mode, metric = parts
        figures.setdefault((task, mode), {})[metric] = values.numpy()
    return figures


def per_query_beside(path: Path) -> Path:
    """Where the figures query by query of a result that is no run's lie."""
    return path.with_name(f"{path.stem}.per_query")


def per_query_folder(path: Path) -> Path:
    """The folder with the figures query by query of a result file or a run folder."""
    if path.is_dir():
        path = path / "result.json"
    beside = per_query_beside(path)
    return beside if beside.is_dir() else path.parent / "evaluate"
