"""Records -> embeddings, with a trained model."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from reidbench_registry import DataError, Record

from ..run.reporter import Reporter
from .head import ReIDModel
from .items import Items, in_order, loader


@torch.inference_mode()
def embed(
    model: ReIDModel,
    records: Sequence[Record],
    batch_size: int,
    device: torch.device,
    workers: int,
    reporter: Reporter,
    description: str,
) -> Tensor:
    """features[N, D] float32 on the CPU, row i for records[i]. Raises DataError naming the first
    record whose feature is not finite."""
    from accelerate.utils import send_to_device

    model.to(device).eval()
    features: Tensor | None = None
    batches = in_order(len(records), batch_size)
    data = loader(Items(records, model.backbone), batches, workers)
    for indices, modality, batch in reporter.track(data, description, len(batches)):
        found = model(send_to_device(batch, device), modality.to(device)).embedding
        if features is None:
            features = torch.full((len(records), found.shape[1]), torch.nan)
        features[indices] = found.float().cpu()
    if features is None:
        raise DataError("there is nothing to embed")
    broken = (~features.isfinite().all(1)).nonzero()
    if len(broken):
        raise DataError(
            f"{len(broken)} embeddings are not finite, first {records[int(broken[0])].item_id!r}"
        )
    return features
