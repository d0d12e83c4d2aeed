"""Records -> batches of model inputs."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from reidbench_registry import MODALITY_CODE, Backbone, Record, ReidbenchError, Transform

from ..pluginhost import blamed_on

T = TypeVar("T")


class Chain:
    """Transforms applied one after the other, with one random generator."""

    def __init__(
        self, transforms: Sequence[Transform], modality: str, rng: np.random.Generator
    ) -> None:
        self.transforms, self.modality, self.rng = transforms, modality, rng

    def __call__(self, item: Any) -> Any:
        for transform in self.transforms:
            with blamed_on(transform, "an augmentation"):
                item = transform(item, self.modality, self.rng)
        return item


MEMO_BYTES = 256 * 2**20
"""Preprocessed items are kept up to this size: a small data set is decoded once."""


class Items(Dataset):
    """`items[index, epoch]` is (index, the preprocessed record). Its augmentation depends on seed,
    epoch and index.

    Without augmentation an item never changes, so those that fit the memory budget are kept."""

    def __init__(
        self,
        records: Sequence[Record],
        backbone: Backbone,
        transforms: Sequence[Transform] = (),
        seed: int = 0,
    ) -> None:
        self.records, self.backbone = records, backbone
        self.transforms, self.seed = transforms, seed
        self._kept: dict[int, Any] = {}
        self._bytes_left = 0 if transforms else MEMO_BYTES

    def __getitem__(self, place: tuple[int, int]) -> tuple[int, Any]:
        index, epoch = place
        if index in self._kept:
            return index, self._kept[index]
        record = self.records[index]
        chain = None
        if self.transforms:
            rng = np.random.default_rng([self.seed, epoch, index])
            chain = Chain(self.transforms, record.modality, rng)
        with blamed_on(self.backbone, f"preprocess of item {record.item_id!r}"):
            item = self.backbone.preprocess(record, chain)
        size = _bytes(item)
        if size <= self._bytes_left:
            self._kept[index] = item
            self._bytes_left -= size
        return index, item


def _bytes(item: Any) -> int:
    """Memory of an item's tensors, wherever in it they are; a little for anything else."""
    if isinstance(item, Tensor | np.ndarray):
        return item.nbytes
    if isinstance(item, Mapping):
        item = list(item.values())
    if isinstance(item, list | tuple):
        return sum(map(_bytes, item))
    return 64


def loader(items: Items, batches: list[list[tuple[int, int]]], workers: int) -> DataLoader:
    """Batches of `items` in the given order: (indices[B] int64, modality[B] int64, batch)."""
    codes = torch.tensor([MODALITY_CODE[r.modality] for r in items.records])

    def collate(pairs: list[tuple[int, Any]]) -> tuple[Tensor, Tensor, Any]:
        indices = torch.tensor([index for index, _ in pairs])
        with blamed_on(items.backbone, "collate"):
            batch = items.backbone.collate([item for _, item in pairs])
        return indices, codes[indices], batch

    return DataLoader(
        items,
        batch_sampler=batches,
        collate_fn=collate,
        num_workers=workers,
        worker_init_fn=_leave_signals_to_main,
        pin_memory=torch.cuda.is_available(),
    )


def unwrapped(batches: Iterator[T]) -> Iterator[T]:
    """The batches. torch reports an error of a worker process as a whole traceback in the message:
    it becomes the one line that it was."""
    try:
        yield from batches
    except ReidbenchError as error:
        text = str(error)
        if not text.startswith("Caught "):
            raise
        line = text.strip().splitlines()[-1].partition(": ")[2]
        raise type(error)(line) from RuntimeError(text)


def _leave_signals_to_main(worker: int) -> None:
    """Ctrl-C reaches every process of the terminal; the main process decides when to stop."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
