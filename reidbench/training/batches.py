"""What a model is trained on, and the batches in which it sees that."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from torch import Tensor

from reidbench_registry import Record, Sampler

from ..pluginhost import blamed_on, broken_contract

Places = list[tuple[int, int]]
"""A batch: (index, epoch) of each item"""


@dataclass(frozen=True)
class TrainingSet:
    """Records with a label, and some that have none: these are for distillers only."""

    records: Sequence[Record]
    labels: Tensor
    """int64[N], of `records`"""
    sampler: Sampler
    unlabelled: Sequence[Record] = ()
    unlabelled_sampler: Sampler | None = None
    """It does not get to see pids."""

    @property
    def all_records(self) -> list[Record]:
        """Those with a label first: indices of batches count through this list."""
        return [*self.records, *self.unlabelled]

    def batches(self, seed: int, number: int) -> list[Places]:
        """`number` batches, as many epochs of each sampler as that takes. In each batch the items
        with a label come first."""
        drawn = list(_take(self.sampler, self.records, seed, number))
        if self.unlabelled_sampler is None:
            return drawn
        nameless = [replace(record, pid="") for record in self.unlabelled]
        others = _take(self.unlabelled_sampler, nameless, seed, number)
        first = len(self.records)
        return [
            [*labelled, *((first + index, epoch) for index, epoch in unlabelled)]
            for labelled, unlabelled in zip(drawn, others, strict=True)
        ]

    def coverage(self, batches: Sequence[Places]) -> str:
        """How much of the data is drawn: an item that is never drawn must be noticed."""
        count = len(self.records)
        drawn = {index for batch in batches for index, _ in batch}
        labelled = {index for index in drawn if index < count}
        pids = {r.pid for r in self.records}
        drawn_pids = {self.records[i].pid for i in labelled}
        epochs = 1 + max(epoch for batch in batches for index, epoch in batch if index < count)
        line = (
            f"{len(labelled)} of {count} items and {len(drawn_pids)} of {len(pids)} identities are "
            f"drawn in {epochs} epoch{'s' if epochs > 1 else ''}"
        )
        if not self.unlabelled:
            return line
        return f"{line}, {len(drawn) - len(labelled)} of {len(self.unlabelled)} unlabelled items"


def _take(sampler: Sampler, records: Sequence[Record], seed: int, number: int) -> Iterator[Places]:
    epoch = taken = 0
    while taken < number:
        before = taken
        for batch in _epoch(sampler, records, seed, epoch):
            yield [(index, epoch) for index in batch]
            taken += 1
            if taken == number:
                return
        if taken == before:
            raise broken_contract(sampler, f"drew no batch from {len(records)} items")
        epoch += 1


def _epoch(
    sampler: Sampler, records: Sequence[Record], seed: int, epoch: int
) -> Iterator[list[int]]:
    with blamed_on(sampler, "epoch"):
        for batch in sampler.epoch(records, seed, epoch):
            if not batch or not all(0 <= index < len(records) for index in batch):
                raise broken_contract(
                    sampler, f"drew an empty batch, or items that are not among {len(records)}"
                )
            yield batch
