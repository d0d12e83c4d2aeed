"""The start of every run: the index of its data set.

The files on the disk are the input here, so they are looked at each time; later stages depend on
the fingerprint of the index, not on the config of the data set.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from reidbench_registry import Dataset

from .. import distributed
from ..data.prepared import Data, cache_folder, prepare, write_index
from .context import Context
from .locks import locked


def index(context: Context) -> Data:
    """Index the data set; images that were drawn or derived before are kept."""
    cfg = context.experiment.data
    cache = cache_folder(context.work_dir, cfg)
    worked = False

    def track(items: Iterable[Any], description: str, total: int | None = None) -> Iterator[Any]:
        nonlocal worked
        worked = True
        return context.reporter.track(items, description, total)

    def waiting(holder: str) -> None:
        context.reporter.line("data", f"waiting for {holder}, which prepares them")

    dataset: Dataset = context.create("dataset", cfg)
    with (
        locked(context.work_dir, f"data-{cache.name}", context.run_dir.name, waiting),
        distributed.main_first(),
    ):
        data = prepare(dataset, cache, track)
    if distributed.is_main():
        write_index(data, context.run_dir / "data" / "index.json")
    _report(context, data, "done" if worked else "present, skipped")
    for note in getattr(dataset, "notes", ()):
        context.reporter.line("data", note)
    return data


def _report(context: Context, data: Data, state: str) -> None:
    splits = Counter(r.split for r in data.records)
    counts = ", ".join(f"{count} {split}" for split, count in splits.items())
    generated = sum(r.generated is not None for r in data.records)
    words = [f"{data.card.name}: {counts} items", f"fingerprint {data.fingerprint[:8]}"]
    if generated:
        words.append(f"{generated} generated")
    words.append(state)
    context.reporter.line("data", "; ".join(words), fingerprint=data.fingerprint)
