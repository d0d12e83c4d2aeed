"""What `verify` and `reproduce` found out about an entry: `results/ENTRY.json`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import Field

from reidbench_registry import DataError

from ..results.level import Level
from ..results.record import ResultRecord
from ..tools.tensors import load_tensors, save_tensors
from ..tools.terminal import safe
from .repository import Digest, Line, Name, Text, read_level, write_level

SAME = 1e-6
"""Figures query by query are stored as fp32."""
Figures = dict[tuple[str, str], dict[str, np.ndarray]]
"""task, mode -> metric -> float64[Nv]"""


class PrivateRow(Level):
    """Figures on the private part."""

    task: Line
    mode: Line
    metrics: dict[str, float]


class Reproduced(Level):
    """What the harness found when it ran the entry's config again."""

    reidbench: Line
    seeds: list[int]
    metrics: dict[str, dict[str, float]]
    """`task/mode` -> metric -> mean over the seeds"""


class Verified(Level):
    """`results/ENTRY.json`"""

    layout: Literal[1] = Field(alias="schema")
    entry: Name
    title: Line
    benchmark: Name
    authors: Line | None
    url: Line | None
    description: Text | None
    manifest: Digest
    """of the manifest that it was scored by"""
    submission: Digest
    """of `submission.json`, which holds the digests of the embeddings"""
    record: ResultRecord
    """what was claimed, with the figures that were found; `status` says how they were"""
    digests: dict[str, Digest]
    """mode -> digest of the features of its queries: equal ones are one model"""
    private: list[PrivateRow] | None = None
    reproduced: Reproduced | None = None


def figures_path(path: Path) -> Path:
    return path.with_suffix(".safetensors")


def save(path: Path, verified: Verified, figures: Figures) -> None:
    """Write the result, and its figures query by query beside it."""
    import torch

    tensors = {
        f"{task}/{mode}/{metric}": torch.from_numpy(values.astype(np.float32))
        for (task, mode), of_row in figures.items()
        for metric, values in of_row.items()
    }
    save_tensors(figures_path(path), tensors)
    write_level(path, verified)


def read(path: Path) -> Verified:
    return read_level(Verified, path)


def read_figures(path: Path, verified: Verified, queries: dict[str, list[str]]) -> Figures:
    """The figures query by query of a result, which must be as many as the benchmark has queries,
    with the means that the result says. Raises DataError."""
    tensors = load_tensors(figures_path(path))
    figures: Figures = {}
    for row in verified.record.scores:
        task, mode = row.identity.task.name, row.mode
        found = {}
        for metric in row.metrics:
            values = tensors.get(f"{task}/{mode}/{metric}")
            if values is None or values.shape != (len(queries.get(task, ())),):
                raise DataError(
                    f"{figures_path(path)}: {safe(task)}/{safe(mode)}/{safe(metric)} is missing or "
                    "has another number of queries than the benchmark"
                )
            found[metric] = values.numpy().astype(np.float64)
            if not abs(found[metric].mean() - row.metrics[metric]) <= SAME:
                raise DataError(
                    f"{path}: {safe(task)}/{safe(mode)}/{safe(metric)} is not the mean of the "
                    f"figures in {figures_path(path).name}; verify the entry again"
                )
        figures[task, mode] = found
    return figures
