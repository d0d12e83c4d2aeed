"""How many directions the embeddings of a model use: the cumulative energy of their spectrum."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from reidbench_registry import Record

from ..embeddings import Embeddings
from ..embeddings.moments import accumulate
from ..embeddings.spectrum import spectrum

TRAIN = "train"
MOST_ROWS = 20_000
"""Rows that a spectrum is computed of; of more, a random part."""
MOST_DIMS = 4096
MOST_POINTS = 200


def energy(
    bank: Embeddings, records: Mapping[str, Record], seed: int = 0
) -> tuple[dict[str, Any], str | None]:
    """The fraction of the energy that the leading 1, 2, ... components hold, not centred, of the
    split train where the bank has it and otherwise of all items; and a line about what was left
    out. Raises DataError for features that have no spectrum."""
    rows = [i for i, item in enumerate(bank.item_ids) if item in records]
    train = [i for i in rows if records[bank.item_ids[i]].split == TRAIN]
    rows = train or rows
    line = None
    if bank.dim > MOST_DIMS:
        line = f"only the leading {MOST_DIMS:,} of {bank.dim:,} dimensions are looked at"
    if len(rows) > MOST_ROWS:
        line = f"a random {MOST_ROWS:,} of {len(rows):,} items are looked at"
        chosen = np.random.default_rng(seed).choice(len(rows), MOST_ROWS, replace=False)
        rows = [rows[i] for i in sorted(chosen)]
    features = bank.features[torch.tensor(rows, dtype=torch.long)][:, :MOST_DIMS]
    part = Embeddings(features, [bank.item_ids[i] for i in rows])
    found = spectrum(accumulate(part, np.zeros(len(rows), np.int64), 1)[0], centred=False).energy
    kept = np.unique(np.linspace(0, len(found) - 1, min(MOST_POINTS, len(found))).round())
    places = kept.astype(int).tolist()
    curve = {
        "energy": [round(float(found[i]), 6) for i in places],
        "components": [i + 1 for i in places],
    }
    return curve, line
