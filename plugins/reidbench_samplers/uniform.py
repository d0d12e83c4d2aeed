"""Batches of items at random, whoever is in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from reidbench.tools import arguments
from reidbench_registry import ConfigError, Record


class Uniform:
    """Every batch holds `size` items, drawn without regard to identity, instance or modality.

    In an epoch every item is drawn once; the last batch is filled with others. It is the sampler
    for unlabelled data (`student.train.unlabelled`)."""

    def __init__(self, size: int = 64) -> None:
        self.size = arguments.integer("Uniform", "size", size, 1)

    def epoch(self, records: Sequence[Record], seed: int, epoch: int) -> Iterator[list[int]]:
        """Batches of indices into `records`. Raises ConfigError for fewer than `size` items."""
        count = len(records)
        if count < self.size:
            raise ConfigError(f"Uniform: size={self.size}, but there are {count} items")
        order = np.random.default_rng([seed, epoch]).permutation(count)
        # resize repeats from the start: no item is in a batch twice.
        filled = np.resize(order, (-(-count // self.size), self.size))
        yield from filled.tolist()
