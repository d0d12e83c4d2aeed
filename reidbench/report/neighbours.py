"""The nearest neighbours of every item, and two dimensions to show all in: exact, in blocks.

Features are L2-normalised block by block, so that a memory-mapped bank of any number of rows is
never in memory as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn import functional

ROWS = 2048
"""Rows of a block: similarities take ROWS * ROWS * 4 bytes."""


def neighbours(features: Tensor, k: int, rows: int = ROWS) -> Iterator[tuple[Tensor, Tensor]]:
    """For each block of rows of features[N, D], in order: similarity[n, k] (cosine, fp32), falling,
    and row[n, k] of the k nearest other rows, or of all others where there are fewer. Of equally
    similar rows the one with the lower number comes first, save at the last place, where any of
    them may be left out."""
    k = min(k, len(features) - 1)
    for first in range(0, len(features), rows):
        yield _nearest(features, first, min(first + rows, len(features)), k, rows)


def projection(features: Tensor, rows: int = ROWS) -> tuple[Tensor, list[float]]:
    """PCA of the L2-normalised rows of features[N, D]: coordinates[N, 2], and the part of the
    variance that each of the two explains. Its signs are fixed: the largest weight is positive."""
    count, dim = features.shape
    total, gram = torch.zeros(dim, dtype=torch.float64), torch.zeros(dim, dim, dtype=torch.float64)
    for block in _blocks(features, rows):
        total += block.sum(0, dtype=torch.float64)
        gram += (block.double().T @ block.double()) if len(block) else 0
    mean = total / count
    values, vectors = torch.linalg.eigh(gram / count - torch.outer(mean, mean))
    axes = torch.zeros(dim, 2, dtype=torch.float64)
    axes[:, : min(2, dim)] = vectors[:, -2:].flip(1)
    largest = axes.gather(0, axes.abs().argmax(0, keepdim=True))
    axes *= largest.sign()
    places = [(block.double() - mean) @ axes for block in _blocks(features, rows)]
    values = values.clamp(min=0)
    whole = float(values.sum()) or 1.0
    explained = [float(value) / whole for value in values[-2:].flip(0)]
    return torch.cat(places), [*explained, 0.0][:2]


def _nearest(
    features: Tensor, first: int, last: int, k: int, rows: int
) -> tuple[Tensor, Tensor]:  # fmt: skip
    queries = functional.normalize(features[first:last].float(), dim=1)
    best = torch.full((last - first, k), -torch.inf)
    where = torch.zeros(last - first, k, dtype=torch.long)
    start = 0
    for block in _blocks(features, rows):
        found = queries @ block.T
        if start == first:  # no item is a neighbour of itself
            found.fill_diagonal_(-torch.inf)
        near, at = found.topk(min(k, len(block)), dim=1)
        both, rows_of = torch.cat([best, near], 1), torch.cat([where, at + start], 1)
        best, chosen = both.topk(k, dim=1)
        where = rows_of.gather(1, chosen)
        start += len(block)
    by_row = where.argsort(dim=1)
    order = best.gather(1, by_row).argsort(dim=1, descending=True, stable=True)
    order = by_row.gather(1, order)
    return best.gather(1, order), where.gather(1, order)


def _blocks(features: Tensor, rows: int) -> Iterator[Tensor]:
    for first in range(0, len(features), rows):
        yield functional.normalize(features[first : first + rows].float(), dim=1)
