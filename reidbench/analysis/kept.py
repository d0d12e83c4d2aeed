"""Scores of a run's tasks when only the leading components of its features are kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch

from reidbench_registry import Metric, Record, Task, Track

from ..config.modes import MODES
from ..embeddings import Embeddings
from ..embeddings.moments import CHUNK
from ..embeddings.spectrum import Spectrum
from ..evaluation.score import score
from ..evaluation.scoring import records_of
from ..run.tasks import why_not_scored


def geometric(dim: int, marked: Sequence[int] = ()) -> list[int]:
    """1, 2, 4, ... and dim, with the marked numbers among them."""
    powers = (2**i for i in range(dim.bit_length()))
    return sorted({k for k in (*powers, *marked, dim) if 1 <= k <= dim})


def score_kept(
    spectrum: Spectrum,
    banks: Mapping[str, Embeddings],
    records: Sequence[Record],
    tasks: Sequence[Task],
    modes: Sequence[str],
    metrics: Sequence[Metric],
    kept: Sequence[int],
    track: Track,
) -> list[dict[str, Any]]:
    """A row for each k, task and mode: the figures (means over valid queries) of features that are
    projected onto the spectrum's leading k directions, by the engine that scores a run. Features
    are not centred; with k = D they are only rotated.

    Modes of which a bank is missing or has another dimension than the spectrum are left out, and
    tasks that a bank cannot answer."""
    fits = {m for m, bank in banks.items() if bank.dim == len(spectrum.directions)}
    asked = records_of(tasks, records)
    pairs = [
        (task, mode)
        for mode in modes
        if MODES[mode].possible_with(fits)
        for task in tasks
        if why_not_scored(task, mode, asked, banks) is None
    ]
    used = {model for _, mode in pairs for model in MODES[mode].models}
    rotated = {model: _rotated(banks[model], asked, spectrum) for model in used}

    def work() -> Iterator[tuple[int, Mapping[str, Embeddings], Task, str]]:
        for k in kept:
            cut = {m: Embeddings(e.features[:, :k].contiguous(), e.item_ids) for m, e in
                   rotated.items()}  # fmt: skip
            yield from ((k, cut, task, mode) for task, mode in pairs)

    rows = []
    for k, cut, task, mode in track(work(), "scoring", len(kept) * len(pairs)):
        sides = cut[MODES[mode].query], cut[MODES[mode].gallery]
        figures = score(task, asked, *sides, metrics).row["metrics"]
        rows.append({"k": k, "mode": mode, "task": task.name, "metrics": figures})
    return rows


def means(rows: Sequence[Mapping[str, Any]], metric: str) -> dict[str, dict[int, float]]:
    """mode -> k -> the mean of a metric over the tasks."""
    found: dict[str, dict[int, list[float]]] = {}
    for row in rows:
        if metric in row["metrics"]:
            of_mode = found.setdefault(row["mode"], {})
            of_mode.setdefault(row["k"], []).append(row["metrics"][metric])
    return {
        mode: {k: float(np.mean(values)) for k, values in of_mode.items()}
        for mode, of_mode in found.items()
    }


def _rotated(bank: Embeddings, records: Sequence[Record], spectrum: Spectrum) -> Embeddings:
    """The bank's features of the records, in the basis of the spectrum."""
    items = list(dict.fromkeys(r.item_id for r in records if r.item_id in bank.row))
    directions = torch.from_numpy(spectrum.directions.copy())
    features = torch.empty(len(items), bank.dim)
    for first in range(0, len(items), CHUNK):
        rows = torch.tensor([bank.row[item] for item in items[first : first + CHUNK]])
        features[first : first + CHUNK] = bank.features[rows].double() @ directions
    return Embeddings(features, items)
