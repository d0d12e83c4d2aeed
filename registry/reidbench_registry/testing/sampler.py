"""Samplers."""

from __future__ import annotations

from typing import Any

from ..errors import ConfigError
from ..types import Record
from .subject import Subject, refused, require

IDENTITIES = 24
EPOCHS = 12
"""In this many epochs every identity must occur"""


def _records(paired: bool = True) -> list[Record]:
    """Identities with three photos each in four modalities; unpaired ones share no instance."""
    return [
        Record(
            f"{pid}-{shot}-{modality}",
            "kit",
            "train",
            modality,
            f"p{pid}",
            camera_id=str(shot),
            instance_id=f"{pid}-{shot}" if paired else None,
            text="a man" if modality == "text" else None,
        )
        for pid in range(IDENTITIES)
        for shot in range(3)
        for modality in ("rgb", "ir", "sketch", "text")
    ]


def _epoch(sampler: Any, records: list[Record], seed: int = 0, epoch: int = 0) -> list[list[int]]:
    return [list(batch) for batch in sampler.epoch(records, seed, epoch)]


def forms_batches_of_indices(subject: Subject) -> None:
    """An epoch is at least one batch; batches are not empty, and hold integers that index the
    records: of paired and of unpaired data."""
    sampler = subject.build()
    for paired in (True, False):
        records = _records(paired)
        batches = _epoch(sampler, records)
        require(batches, "an epoch without a batch")
        for batch in batches:
            require(batch, "an empty batch")
            for index in batch:
                require(isinstance(index, int), f"{index!r} is no integer")
                require(0 <= index < len(records), f"{index} is no index of {len(records)} records")


def is_decided_by_seed_and_epoch(subject: Subject) -> None:
    """Equal arguments give equal batches; another epoch or seed gives others."""
    sampler, records = subject.build(), _records()
    first = _epoch(sampler, records, 1, 2)
    require(first == _epoch(sampler, records, 1, 2), "the same epoch comes out differently")
    require(first == _epoch(subject.build(), records, 1, 2), "another object samples differently")
    require(first != _epoch(sampler, records, 1, 3), "two epochs are the same")
    require(first != _epoch(sampler, records, 2, 2), "two seeds give the same epoch")


def loses_nobody(subject: Subject) -> None:
    """Every identity occurs within some epochs."""
    sampler, records = subject.build(), _records()
    seen = {
        records[i].pid for e in range(EPOCHS) for b in _epoch(sampler, records, 0, e) for i in b
    }
    lost = {r.pid for r in records} - seen
    require(not lost, f"{len(lost)} of {IDENTITIES} identities never come in {EPOCHS} epochs")


def refuses_too_few_records(subject: Subject) -> None:
    """ConfigError, not an endless or empty epoch, where the records cannot fill a batch."""
    sampler = subject.build()
    with refused(ConfigError, "no records"):
        _epoch(sampler, [])
