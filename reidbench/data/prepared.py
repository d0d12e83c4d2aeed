"""A data set whose index was made: its card, its records, and what they contain."""

from __future__ import annotations

import shutil
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from reidbench_registry import DataError, Dataset, DatasetCard, Record, Track, fingerprint

from ..pluginhost import blamed_on
from ..tools.digests import json_digest
from ..tools.files import write_json
from ..tools.manifest import write_manifest
from .contents import Contents, load, read_contents, save


@dataclass(frozen=True)
class Data:
    card: DatasetCard
    records: list[Record]
    fingerprint: str
    """over the index, captions included; pictures are in `contents`"""
    contents: Contents

    def split(self, name: str) -> list[Record]:
        """The records of one split. Raises DataError when it is empty."""
        of_split = [r for r in self.records if r.split == name]
        if not of_split:
            counts = Counter(r.split for r in self.records)
            raise DataError(
                f"{self.card.name}: split {name!r} is empty (it has "
                f"{', '.join(f'{n} {s}' for s, n in counts.items()) or 'no records'})"
            )
        return of_split


def prepare(dataset: Dataset, cache: Path, track: Track) -> Data:
    """Index the data set and read its pictures; images that it draws or derives go below `cache`.
    One of these that is no longer as it was is made again.

    Raises DataError for what is missing on the disk and for an item id that occurs twice."""
    cache.mkdir(parents=True, exist_ok=True)
    for part in [*cache.glob(".part-*"), *cache.glob("*/.part-*")]:  # of a process that was killed
        shutil.rmtree(part) if part.is_dir() else part.unlink()
    kept = cache.with_name(f"{cache.name}.contents.parquet")
    before = load(kept)
    records = _records(dataset, cache, track)
    contents = read_contents(records, before, track)
    own = f"{cache}/"
    damaged = [path for path in contents.changed_since(before) if path.startswith(own)]
    if damaged:
        for path in damaged:
            Path(path).unlink(missing_ok=True)
        records = _records(dataset, cache, track)
        contents = read_contents(records, before, track)
    if contents.seen != before.seen:
        save(contents, kept)
    card = dataset.card  # after `prepare`: it may say more once the files were read
    return Data(card, records, fingerprint(card, records), contents)


def _records(dataset: Dataset, cache: Path, track: Track) -> list[Record]:
    with blamed_on(dataset, "prepare"):
        records = list(dataset.prepare(cache, track))
    repeated = [item for item, n in Counter(r.item_id for r in records).items() if n > 1]
    if repeated:
        raise DataError(f"{dataset.card.name}: item id {repeated[0]!r} occurs more than once")
    return records


def cache_folder(work_dir: Path, cfg: dict[str, Any]) -> Path:
    """Where a data set with these arguments keeps what it draws or derives."""
    name = cfg["type"].replace("/", "-").replace(".", "-")
    return work_dir / "cache" / f"{name}-{json_digest(cfg)[:8]}"


def write_index(data: Data, table: Path) -> None:
    """The index as a manifest, with the card beside it (`card.json`)."""
    write_manifest(table, data.records)
    card = asdict(data.card) | {"fingerprint": data.fingerprint}
    write_json(table.with_name("card.json"), card)
