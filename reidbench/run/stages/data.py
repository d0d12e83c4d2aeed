"""Stage data: the index of the data set, with whatever images it draws or derives."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from reidbench_registry import DataError, DatasetCard, Record, fingerprint

from ... import processes
from ...tools.files import write_json
from ...tools.manifest import write_manifest
from ..context import Context
from ..store import key_of


@dataclass(frozen=True)
class Data:
    card: DatasetCard
    records: list[Record]
    fingerprint: str

    def split(self, name: str) -> list[Record]:
        """The records of one split. Raises DataError when it is empty."""
        found = [r for r in self.records if r.split == name]
        if not found:
            counts = Counter(r.split for r in self.records)
            raise DataError(
                f"{self.card.name}: split {name!r} is empty (it has "
                f"{', '.join(f'{n} {s}' for s, n in counts.items()) or 'no records'})"
            )
        return found


def run(context: Context) -> Data:
    """Index the data set; what was drawn or derived before is kept.

    The files on disk are this stage's input, so it always looks at them; later stages hang on the
    fingerprint of what it finds, not on the config that led there."""
    cfg = context.experiment.data
    cache = cache_folder(context.work_dir, cfg)
    worked = False

    def track(items, description, total=None):
        nonlocal worked
        worked = True
        return context.reporter.track(items, description, total)

    dataset = context.create("dataset", cfg)
    with processes.main_first():
        cache.mkdir(parents=True, exist_ok=True)
        records = list(dataset.prepare(cache, track))
    # The card may tell more once the files were read.
    card = dataset.card
    _check(card, records)
    found = Data(card, records, fingerprint(card, records))
    if processes.is_main():
        write_index(found, context.run_dir / "data" / "index.json")
    splits = Counter(r.split for r in records)
    counts = ", ".join(f"{count} {split}" for split, count in splits.items())
    generated = sum(r.generated is not None for r in records)
    words = [f"{card.name}: {counts} items", f"fingerprint {found.fingerprint[:8]}"]
    if generated:
        words.append(f"{generated} generated")
    words.append("done" if worked else "present, skipped")
    context.reporter.line("data", "; ".join(words), fingerprint=found.fingerprint)
    for note in getattr(dataset, "notes", ()):
        context.reporter.line("data", note)
    return found


def cache_folder(work_dir: Path, cfg: dict[str, Any]) -> Path:
    """Where a data set with these arguments keeps what it draws or derives."""
    name = cfg["type"].replace("/", "-").replace(".", "-")
    return work_dir / "cache" / f"{name}-{key_of(cfg)[:8]}"


def _check(card: DatasetCard, records: list[Record]) -> None:
    repeated = [item for item, n in Counter(r.item_id for r in records).items() if n > 1]
    if repeated:
        raise DataError(f"{card.name}: item id {repeated[0]!r} occurs more than once")


def write_index(data: Data, table: Path) -> None:
    """The index, as a manifest, and the card beside it, for people and for tools outside."""
    write_manifest(table, data.records)
    card = asdict(data.card) | {"fingerprint": data.fingerprint}
    write_json(table.with_name("card.json"), card)
