"""A bank: features of many records in one safetensors file, row i for item i."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor

from reidbench_registry import DataError, Record

from .tools.files import write_json
from .tools.tensors import load_tensors, save_tensors


@dataclass(frozen=True)
class Bank:
    """features[N, D] and the N item ids they belong to."""

    features: Tensor
    item_ids: list[str]

    def save(self, folder: Path, dtype: Literal["fp32", "fp16"] = "fp32") -> None:
        """Raises DataError for features that fp16 cannot hold."""
        features = self.features if dtype == "fp32" else self.features.half()
        if not features.isfinite().all():
            raise DataError("the features are too large for bank_dtype='fp16': store them in fp32")
        save_tensors(folder / "bank.safetensors", {"features": features})
        write_json(folder / "items.json", self.item_ids)

    @classmethod
    def load(cls, folder: Path) -> Bank:
        """Memory-mapped: rows are read from the disk when they are used."""
        features = load_tensors(folder / "bank.safetensors")["features"]
        item_ids = json.loads((folder / "items.json").read_text(encoding="utf-8"))
        if len(item_ids) != len(features):
            raise DataError(f"{folder}: {len(features)} features for {len(item_ids)} items")
        return cls(features, item_ids)

    def rows(self, records: Sequence[Record]) -> Tensor:
        """features[len(records), D] float32. Raises DataError for a record that is not banked."""
        place = {item: row for row, item in enumerate(self.item_ids)}
        try:
            index = [place[record.item_id] for record in records]
        except KeyError as error:
            raise DataError(f"item {error} is not in the teacher's bank") from None
        return self.features[torch.tensor(index, dtype=torch.long)].float()
