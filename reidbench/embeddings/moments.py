"""Sum and Gram matrix of many rows, in one pass over a memory-mapped file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from reidbench_registry import DataError

from ..tools.terminal import quoted
from .embeddings import Embeddings

CHUNK = 4096
"""Rows that are in memory at once, in float64."""


@dataclass
class Moments:
    """What the spectrum of n rows x[n, D] follows from, in float64."""

    count: int
    total: np.ndarray
    """total[D]: the sum of the rows"""
    gram: np.ndarray
    """gram[D, D] = x^T x"""

    @classmethod
    def none(cls, dim: int) -> Moments:
        return cls(0, np.zeros(dim), np.zeros((dim, dim)))

    def add(self, rows: np.ndarray) -> None:
        """Add rows[n, D], float64."""
        self.count += len(rows)
        self.total += rows.sum(0)
        # numpy computes a product with the own transpose by symmetry, in half the time.
        self.gram += rows.T @ rows


def accumulate(
    embeddings: Embeddings, group: Sequence[int] | np.ndarray, groups: int, normalize: bool = False
) -> list[Moments]:
    """The moments of each of `groups` groups; group[N] is the group of each row, -1 for a row that
    is left out. normalize: of the L2-normalised rows; a row of zeros stays.

    Raises DataError naming an item whose feature is not finite."""
    group = np.asarray(group)
    found = [Moments.none(embeddings.dim) for _ in range(groups)]
    for first, rows in _chunks(embeddings.features):
        of = group[first : first + len(rows)]
        broken = np.flatnonzero((of >= 0) & ~np.isfinite(rows).all(1))
        if len(broken):
            item = quoted(embeddings.item_ids[first + int(broken[0])])
            raise DataError(f"features are not finite, first that of item {item}")
        if normalize:
            rows /= np.linalg.norm(rows, axis=1, keepdims=True).clip(1e-300)
        here = np.unique(of)
        for number in here[here >= 0]:
            found[number].add(rows if len(here) == 1 else rows[of == number])
    return found


def together(moments: Iterable[Moments], dim: int) -> Moments:
    """The moments of all rows of several groups."""
    whole = Moments.none(dim)
    for one in moments:
        whole.count += one.count
        whole.total += one.total
        whole.gram += one.gram
    return whole


def _chunks(features: Tensor) -> Iterator[tuple[int, np.ndarray]]:
    for first in range(0, len(features), CHUNK):
        yield first, features[first : first + CHUNK].to(torch.float64).numpy()
