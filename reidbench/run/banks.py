"""The features that a student learns from: its own teacher's bank, and those of other runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch.nn import functional

from reidbench_registry import DataError

from ..config.schema import Student
from ..embeddings import Embeddings
from ..embeddings.embeddings import FEATURES
from .context import Output


def folders(section: Student) -> list[Path]:
    """The folders of the banks that the config names: of a run, its `embed`. Raises DataError for
    one without a bank."""
    found = []
    for name in section.train.banks if section.train is not None else []:
        path = Path(name).expanduser()
        places = [path / "embed", path]
        place = next((p for p in places if (p / FEATURES).is_file()), None)
        if place is None:
            raise DataError(
                f"student.train.banks: {name!r} is neither a run with a bank nor a bank"
            )
        found.append(place)
    return found


def own_bank(inputs: Mapping[str, Output]) -> Embeddings | None:
    """The bank of the run's own teacher."""
    return Embeddings.load(inputs["embed"].folder) if "embed" in inputs else None


def teachers_bank(section: Student, inputs: Mapping[str, Output]) -> Embeddings | None:
    """What the student learns from; None without any teacher."""
    own = own_bank(inputs)
    banks = [*([own] if own is not None else []), *map(Embeddings.load, folders(section))]
    return combined(banks) if banks else None


def combined(banks: Sequence[Embeddings]) -> Embeddings:
    """One bank: the features of all, side by side, for the items that all have. Those of several
    are L2-normalised first, so that each teacher counts the same.

    Raises DataError when the banks have no item in common."""
    first, *others = banks
    if not others:
        return first
    items = [item for item in first.item_ids if all(item in bank.row for bank in others)]
    if not items:
        raise DataError("student.train.banks: the banks have no item in common")
    parts = []
    for bank in banks:
        rows = torch.tensor([bank.row[item] for item in items])
        parts.append(functional.normalize(bank.features[rows].float(), dim=1))
    return Embeddings(torch.cat(parts, dim=1), items)
