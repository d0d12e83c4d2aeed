"""Ranks of the positives, chunk by chunk. The full ranking is never computed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from reidbench_registry import DataError, Ranks

from .. import distributed
from .kernel import Counts, Kernel
from .kernel_torch import count as count_with_torch
from .kernels import best_for_cpu
from .plan import Plan

MEMORY = 256 * 2**20
"""Default budget, in bytes, of the buffer that holds similarities."""
MOST_ROWS = 512
"""Beyond this many rows a matrix product gains nothing and a chunk leaves the caches."""


class Chunk(NamedTuple):
    """The similarities of some queries to the whole gallery."""

    first: int
    """the first of the queries"""
    similarity: Tensor
    """float32[n, Ng], in a buffer that the next chunk takes; still to be multiplied by
    `inverse_norm`"""
    inverse_norm: Tensor
    """float32[Ng]"""


Watch = Callable[[Chunk], None]
"""Sees each chunk before it is counted, and leaves it as it is."""


@dataclass(frozen=True)
class Ranking:
    """The ranks of one task's positives, and counts of its queries."""

    exact: Ranks
    optimistic: Ranks
    """with near-ties decided in the positives' favour"""
    pessimistic: Ranks
    """with near-ties decided against them"""
    valid: np.ndarray
    """int64[Nv]: the queries with an admissible positive, which the ranks belong to"""
    n_query: int
    n_gallery: int
    chance_r1: float
    """Rank-1 expected of a random order: mean over queries of positives / admissible gallery"""

    @property
    def n_valid(self) -> int:
        return len(self.valid)


def rank(
    plan: Plan,
    query: Tensor,
    gallery: Tensor,
    memory: int = MEMORY,
    device: torch.device | None = None,
    kernel: Kernel | None = None,
    watch: Watch | None = None,
) -> Ranking:
    """Rank gallery[Ng, D] by cosine similarity to each of query[Nq, D].

    Both are normalised here, in fp32 whatever came in. Excluded items leave a query's ranking
    before anything is counted; a query without a positive left is skipped. Equal similarities are
    ordered by a hash of the item id. Under torch.distributed each process takes a part of the
    queries and returns the ranks of all; `watch` sees the chunks of its own process. `memory`
    bounds the extra bytes; `device` defaults to the features' own. Raises DataError for features
    that do not fit the plan or each other, or are not finite."""
    check(plan, query, gallery)
    device = device or gallery.device
    query, gallery = (x.to(device, torch.float32) for x in (query, gallery))
    if kernel is None:
        on_cpu = device.type == "cpu"
        kernel = best_for_cpu(len(query) * len(gallery)) if on_cpu else count_with_torch
    rows = chunk_rows(len(query), len(gallery), memory)
    counts = _counts(plan, query, gallery, rows, kernel, watch)

    n_pos = np.concatenate([f.n_pos for f in counts])
    valid = n_pos.nonzero()[0]
    admissible = len(gallery) - np.concatenate([f.n_out for f in counts])[valid]
    above = None
    if plan.identity is not None:
        above = np.concatenate([f.identities_above for f in counts])[valid]
    offsets = np.concatenate([[0], np.cumsum(n_pos[valid])])

    def ranks(name: str, column: int) -> Ranks:
        values = np.concatenate([getattr(f, name) for f in counts])
        return Ranks(values, offsets, None if above is None else above[:, column])

    return Ranking(
        exact=ranks("exact", 0),
        optimistic=ranks("low", 1),
        pessimistic=ranks("high", 2),
        valid=valid,
        n_query=len(query),
        n_gallery=len(gallery),
        chance_r1=float(np.mean(n_pos[valid] / admissible)) if len(valid) else float("nan"),
    )


def _counts(
    plan: Plan,
    query: Tensor,
    gallery: Tensor,
    rows: int,
    kernel: Kernel,
    watch: Watch | None,
) -> list[Counts]:
    """What the kernel counts for each chunk of `rows` queries, of all processes, in order. The
    buffer of the similarities is free again when the counts are put together."""
    as_kernel_sees = (lambda x: x.numpy()) if gallery.device.type == "cpu" else (lambda x: x)
    of_rank: dict[int, Counts] = {}
    # Every process cuts the same chunks, so that sharding does not change a bit.
    step = rows * distributed.world_size()
    for chunk in chunks(query, gallery, rows, range(distributed.rank() * rows, len(query), step)):
        if watch is not None:
            watch(chunk)
        of_rank[chunk.first] = kernel(
            as_kernel_sees(chunk.similarity), chunk.first, plan, as_kernel_sees(chunk.inverse_norm)
        )
    counted = {
        first: counts for part in distributed.all_gather(of_rank) for first, counts in part.items()
    }
    return [counted[first] for first in sorted(counted)]


def chunks(query: Tensor, gallery: Tensor, rows: int, firsts: Iterable[int]) -> Iterator[Chunk]:
    """The similarities of `rows` queries from each of `firsts` on, bit for bit those that are
    scored when `rows` is what `chunk_rows` says; float32 features on one device."""
    inverse_norm = _inverse_norms(gallery, "gallery")
    query_norm = _inverse_norms(query, "query")
    buffer = torch.empty(rows, len(gallery), device=gallery.device)
    normalised = torch.empty(rows, query.shape[1], device=gallery.device)
    columns = gallery.T
    for first in firsts:
        part = query[first : first + rows]
        norm = query_norm[first : first + rows, None]
        part = torch.mul(part, norm, out=normalised[: len(part)])
        yield Chunk(first, torch.mm(part, columns, out=buffer[: len(part)]), inverse_norm)


def chunk_rows(n_query: int, n_gallery: int, memory: int = MEMORY) -> int:
    """Queries in a chunk: their similarities take at most nine tenths of `memory` bytes. The
    rest is left for everything smaller."""
    return max(1, min(MOST_ROWS, memory * 9 // (40 * n_gallery), n_query))


def check(plan: Plan, query: Tensor, gallery: Tensor) -> None:
    """Raises DataError for features that do not fit the plan or each other."""
    for name, features, expected in (
        ("query", query, plan.n_query),
        ("gallery", gallery, plan.n_gallery),
    ):
        if features.ndim != 2 or len(features) != expected:
            raise DataError(f"{name}: expected features[{expected}, D], got {list(features.shape)}")
    if query.shape[1] != gallery.shape[1]:
        raise DataError(f"queries have {query.shape[1]} dimensions, the gallery {gallery.shape[1]}")


def _inverse_norms(features: Tensor, side: str) -> Tensor:
    """float32[N]: 1 / L2 norm of each row, 0 for a row of zeros, or so small that 1 / norm would be
    infinite (then every similarity would be infinite or NaN, and stand above nothing)."""
    norms = torch.linalg.vector_norm(features, dim=1)
    broken = (~norms.isfinite()).nonzero().squeeze(1).tolist()
    if broken:
        raise DataError(
            f"{side}: {len(broken)} features are not finite, rows {', '.join(map(str, broken[:5]))}"
        )
    return torch.where(norms >= torch.finfo(norms.dtype).tiny, 1 / norms, 0)
