"""Records -> embeddings, with a trained model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch
from torch import Tensor

from reidbench_registry import DataError, Record

from .. import processes
from ..reporter import Reporter
from .head import ReIDModel
from .items import Items, loader
from .shards import Shards

T = TypeVar("T")


@torch.inference_mode()
def embed(
    model: ReIDModel,
    records: Sequence[Record],
    batch_size: int,
    device: torch.device,
    workers: int,
    reporter: Reporter,
    description: str,
    shards: Shards | None = None,
) -> Tensor:
    """features[N, D] float32 on the CPU, row i for records[i]. Batches are formed by modality and
    caption length, so that little of them is padding, and prepared while the model computes.
    Processes that were started together take their shares of them and return the whole.

    shards: where rows are kept as they come; those that an interrupted call left there are not
        computed again, and the rest comes out as if nothing had happened.

    Raises DataError naming the first record whose feature is not finite."""
    from accelerate.utils import send_to_device

    model.to(device).eval()
    features, done = shards.read(len(records)) if shards else (None, torch.zeros(len(records)))
    process, number = processes.share()
    share = batches_of(records, batch_size)[process::number]
    batches = [b for b in share if not all(done[i] for i in b)]
    items = Items(records, model.backbone)
    data = loader(items, [[(i, 0) for i in batch] for batch in batches], workers)
    for indices, modality, batch in reporter.track(ahead(data), description, len(batches)):
        found = model(send_to_device(batch, device), modality.to(device)).embedding
        if features is None:
            features = torch.full((len(records), found.shape[1]), torch.nan)
        features[indices] = found.float().cpu()
        if shards:
            shards.add(indices, features[indices])
    features = _whole(features, [i for batch in share for i in batch], len(records))
    broken = (~features.isfinite().all(1)).nonzero()
    if len(broken):
        raise DataError(
            f"{len(broken)} embeddings are not finite, first {records[int(broken[0])].item_id!r}"
        )
    return features


def _whole(features: Tensor | None, mine: list[int], total: int) -> Tensor:
    """features[total, D] of all processes, of which this one answers for the rows `mine`."""
    _, number = processes.share()
    if number > 1:
        part = None if features is None else (torch.tensor(mine), features[mine])
        parts = [p for p in processes.gathered(part) if p is not None]
        if parts:
            features = torch.full((total, parts[0][1].shape[1]), torch.nan)
            for rows, found in parts:
                features[rows] = found
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
    """The items, each prepared in a thread while the one before it is worked on."""
    end = object()
    source = iter(items)
    with ThreadPoolExecutor(1) as thread:
        coming = thread.submit(next, source, end)
        while (item := coming.result()) is not end:
            coming = thread.submit(next, source, end)
            yield item  # type: ignore[misc]
