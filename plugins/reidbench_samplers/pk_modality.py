"""Batches of p identities, k instances each, in all their modalities."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np

from reidbench.tools import arguments
from reidbench_registry import ConfigError, Record

Instance = list[list[int]]
"""The items of one moment: for each modality that is there, the indices of its items"""


class PKModality:
    """Every batch holds `p` identities with `k` instances each, and of every instance one item of
    each modality that exists: p * k * 4 items of fully paired data in four modalities.

    An instance is all items with the same `instance_id`. Items without one are combined at random,
    again in each epoch, one of each modality; modalities with fewer items repeat theirs.

    Coverage: in every epoch each instance is drawn at least once. The instances of an identity are
    shuffled and divided into groups of `k`; the last group is filled with repeats (so an identity
    with fewer than `k` instances repeats them). In each round every identity gives one group, as
    long as it has some; the last batch of a round is filled with other identities. Where an
    instance has several items of one modality (two captions), successive epochs use them in
    turn."""

    def __init__(self, p: int = 8, k: int = 2) -> None:
        self.p = arguments.integer("PKModality", "p", p, 1)
        self.k = arguments.integer("PKModality", "k", k, 1)

    def epoch(self, records: Sequence[Record], seed: int, epoch: int) -> Iterator[list[int]]:
        """Batches of indices into `records`. Raises ConfigError for fewer than p identities."""
        rng = np.random.default_rng([seed, epoch])
        identities = _instances(records, rng)
        count = len(identities)
        if count < self.p:
            raise ConfigError(f"PKModality: p={self.p}, but the records have {count} identities")
        queues = [self._groups(len(instances), rng) for instances in identities]
        waiting = np.arange(count)
        turn = 0
        while len(waiting):
            order = rng.permutation(waiting)
            for start in range(0, len(order), self.p):
                chosen = [(int(i), queues[i][turn]) for i in order[start : start + self.p]]
                if len(chosen) < self.p:
                    chosen += self._others(chosen, queues, rng)
                yield [
                    items[epoch % len(items)]
                    for identity, group in chosen
                    for instance in group
                    for items in identities[identity][instance]
                ]
            turn += 1
            waiting = waiting[[len(queues[i]) > turn for i in waiting]]

    def _groups(self, instances: int, rng: np.random.Generator) -> np.ndarray:
        """[ceil(instances / k), k]: the instances in random order, the end filled with repeats."""
        groups = -(-instances // self.k)
        # resize repeats from the start: no repeat in a group unless there are fewer than k.
        return np.resize(rng.permutation(instances), (groups, self.k))

    def _others(
        self,
        chosen: list[tuple[int, np.ndarray]],
        queues: list[np.ndarray],
        rng: np.random.Generator,
    ) -> list[tuple[int, np.ndarray]]:
        """Other identities that fill a batch, each with one of its groups."""
        free = np.setdiff1d(np.arange(len(queues)), [identity for identity, _ in chosen])
        drawn = rng.choice(free, self.p - len(chosen), replace=False)
        return [(int(i), queues[i][rng.integers(len(queues[i]))]) for i in drawn]


def _instances(records: Sequence[Record], rng: np.random.Generator) -> list[list[Instance]]:
    """The instances of each identity, identities in order of first appearance."""
    paired: dict[str, dict[str, dict[str, list[int]]]] = defaultdict(dict)
    loose: dict[str, dict[str, list[int]]] = defaultdict(dict)
    for index, record in enumerate(records):
        if record.instance_id is None:
            loose[record.pid].setdefault(record.modality, []).append(index)
        else:
            instance = paired[record.pid].setdefault(record.instance_id, {})
            instance.setdefault(record.modality, []).append(index)
    return [
        [list(instance.values()) for instance in paired.get(pid, {}).values()]
        + _combine(loose.get(pid, {}), rng)
        for pid in dict.fromkeys(record.pid for record in records)
    ]


def _combine(items: dict[str, list[int]], rng: np.random.Generator) -> list[Instance]:
    """Items by modality -> instances of one item of each modality, every item at least once."""
    most = max(map(len, items.values()), default=0)
    columns = [np.resize(rng.permutation(rows), most).tolist() for rows in items.values()]
    return [[[item] for item in row] for row in zip(*columns, strict=True)]
