"""Records -> embeddings, with a trained model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch
from torch import Tensor

from reidbench_registry import DataError, Record, Track

from .. import distributed
from ..models.model import ReIDModel
from .embeddings import Embeddings
from .items import Items, loader, unwrapped
from .shards import Shards

T = TypeVar("T")


@torch.inference_mode()
def extract(
    model: ReIDModel,
    records: Sequence[Record],
    batch_size: int,
    device: torch.device,
    workers: int,
    track: Track,
    description: str,
    shards: Shards | None = None,
) -> Embeddings:
    """features[N, D] float32 on the CPU, row i for records[i]. Batches are formed by modality and
    caption length, so that little of them is padding, and prepared while the model computes.
    Several ranks share the batches, and each returns all rows.

    shards: where rows are written as they come; rows that an interrupted call left there are not
        computed again, and the result is the same.

    Raises DataError naming the first record whose feature is not finite."""
    from accelerate.utils import send_to_device

    model.to(device).eval()
    features, done = shards.read(len(records)) if shards else (None, torch.zeros(len(records)))
    of_rank = batches_of(records, batch_size)[distributed.rank() :: distributed.world_size()]
    batches = [b for b in of_rank if not all(done[i] for i in b)]
    items = Items(records, model.backbone)
    data = loader(items, [[(i, 0) for i in batch] for batch in batches], workers)
    try:
        for indices, modality, batch in track(
            ahead(unwrapped(iter(data))), description, len(batches)
        ):
            embedding = model(send_to_device(batch, device), modality.to(device)).embedding
            if features is None:
                features = torch.full((len(records), embedding.shape[1]), torch.nan)
            features[indices] = embedding.float().cpu()
            if shards:
                shards.add(indices, features[indices])
    except KeyboardInterrupt:
        if shards:
            shards.flush()
        raise
    features = _of_all_ranks(features, [i for batch in of_rank for i in batch], len(records))
    broken = (~features.isfinite().all(1)).nonzero()
    if len(broken):
        raise DataError(
            f"{len(broken)} embeddings are not finite, first {records[int(broken[0])].item_id!r}"
        )
    return Embeddings(features, [r.item_id for r in records])


def _of_all_ranks(features: Tensor | None, rows: list[int], total: int) -> Tensor:
    """features[total, D] gathered from all ranks, of which this one computed `rows`."""
    if distributed.world_size() > 1:
        part = None if features is None else (torch.tensor(rows), features[rows])
        parts = [p for p in distributed.all_gather(part) if p is not None]
        if parts:
            features = torch.full((total, parts[0][1].shape[1]), torch.nan)
            for of_rank, values in parts:
                features[of_rank] = values
    if features is None:
        raise DataError("there is nothing to embed")
    return features


def batches_of(records: Sequence[Record], size: int) -> list[list[int]]:
    """Every index once, in batches of at most `size`: one modality after the other, captions from
    short to long. Only the last batch of a modality may be short."""
    order = sorted(range(len(records)), key=lambda i: _cost(records[i]))
    batches: list[list[int]] = []
    for index in order:
        last = batches[-1] if batches else []
        alike = last and records[last[0]].modality == records[index].modality
        if alike and len(last) < size:
            last.append(index)
        else:
            batches.append([index])
    return batches


def _cost(record: Record) -> tuple[str, int]:
    return record.modality, len(record.text or "")


def ahead(items: Iterable[T]) -> Iterator[T]:
    """The items; each is prepared in a thread while the caller works on the one before."""
    end = object()
    source = iter(items)
    with ThreadPoolExecutor(1) as thread:
        coming = thread.submit(next, source, end)
        while (item := coming.result()) is not end:
            coming = thread.submit(next, source, end)
            yield item  # type: ignore[misc]
