"""Features of many items, whoever made them: a run's bank, a student's output, a submitted file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from reidbench_registry import DataError, Record

from ..tools.files import write_json
from ..tools.guarded import TABLE, read_json
from ..tools.tensors import load_tensors, save_tensors

FEATURES, ITEMS = "bank.safetensors", "items.json"


@dataclass(frozen=True)
class Embeddings:
    """features[N, D] and the N item ids they belong to."""

    features: Tensor
    item_ids: Sequence[str]

    @cached_property
    def row(self) -> Mapping[str, int]:
        """item id -> row of its feature"""
        return {item: row for row, item in enumerate(self.item_ids)}

    @property
    def dim(self) -> int:
        return self.features.shape[1]

    def items_of(self, record: Record) -> Sequence[str]:
        """The items whose features make up the record's feature: the members of a composite query
        that was not embedded as a whole, otherwise the item itself."""
        whole = not record.members or record.item_id in self.row
        return [record.item_id] if whole else record.members

    def take(self, records: Sequence[Record]) -> Tensor:
        """features[len(records), D]; a composite query that was not embedded as a whole has the
        mean of its members' normalised features. Raises DataError naming items without a feature.
        """
        whole = [self.row.get(r.item_id) for r in records]
        if None not in whole:
            return self._rows(whole)
        parts = [self.items_of(r) for r in records]
        items = list(chain.from_iterable(parts))
        missing = [item for item in items if item not in self.row]
        if missing:
            there = f" (an id with one: {self.item_ids[0]!r})" if len(self.item_ids) else ""
            raise DataError(f"{len(missing)} items have no embedding, first {missing[0]!r}{there}")
        taken = self._rows([self.row[item] for item in items])
        sizes = torch.tensor([len(p) for p in parts])
        owner = torch.arange(len(parts)).repeat_interleave(sizes).to(taken.device)
        fused = torch.zeros(len(parts), taken.shape[1], device=taken.device)
        fused.index_add_(0, owner, functional.normalize(taken.float(), dim=1))
        return fused / sizes.to(taken.device).unsqueeze(1)

    def _rows(self, rows: list) -> Tensor:
        # Rows that already stand in order are not copied: a gallery may be large.
        if rows and rows == list(range(rows[0], rows[-1] + 1)):
            return self.features[rows[0] : rows[-1] + 1]
        return self.features[torch.tensor(rows, dtype=torch.long)]

    def save(self, folder: Path, dtype: Literal["fp32", "fp16"] = "fp32") -> None:
        """Write `bank.safetensors` and `items.json`. Raises DataError for features that fp16 cannot
        hold."""
        features = self.features if dtype == "fp32" else self.features.half()
        if not features.isfinite().all():
            raise DataError("the features are too large for bank_dtype='fp16': store them in fp32")
        save_tensors(folder / FEATURES, {"features": features})
        write_json(folder / ITEMS, list(self.item_ids))

    @classmethod
    def load(cls, folder: Path) -> Embeddings:
        """What `save` wrote; memory-mapped: rows are read from the disk when they are used.

        Raises DataError naming a file that is missing or damaged."""
        features = load_tensors(folder / FEATURES).get("features")
        item_ids = read_json(folder / ITEMS, TABLE)
        if (
            features is None
            or features.ndim != 2
            or not features.is_floating_point()
            or not isinstance(item_ids, list)
            or len(item_ids) != len(features)
        ):
            raise DataError(f"{folder}: {FEATURES} and {ITEMS} do not belong together")
        return cls(features, item_ids)
