"""What is looked at: a run's banks, a folder with a bank, or a file of embeddings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reidbench_registry import DataError, Record

from .. import config
from ..config import Experiment
from ..embeddings import Embeddings
from ..embeddings.embeddings import FEATURES
from ..embeddings.files import read_embeddings
from ..pluginhost import PluginHost
from ..run.folder import MARKER, read_marker
from ..run.models import PLACES
from ..tools.manifest import read_manifest
from ..tools.terminal import quoted

MOST_DIMS = 16_384
"""A Gram matrix of more dimensions would take gigabytes."""


@dataclass(frozen=True)
class Source:
    name: str
    """Of the run folder, or of the folder or file."""
    banks: Mapping[str, Embeddings]
    """Model -> its embeddings; an empty name for those of no run"""
    records: Mapping[str, Record] | None
    """item id -> its record; None where nothing is known about the items"""
    experiment: Experiment | None = None
    """The config of a run, without what only its training needs"""
    distillers: Sequence[Mapping[str, Any]] = ()
    """The configs of the distillers of a run's student"""


def read_source(path: Path, manifest: Path | None, host: PluginHost) -> Source:
    """Read a run folder, a folder with a bank (`bank.safetensors`, `items.json`) or a file of
    embeddings. `manifest` says what the items show; a run has its own.

    Raises DataError for what holds no embeddings, is damaged, or has items that the manifest does
    not list."""
    if not path.exists():
        raise DataError(f"{path}: no such file or folder")
    experiment, distillers = None, []
    if (path / MARKER).is_file():
        read_marker(path)
        banks = {m: Embeddings.load(path / p) for m, p in PLACES.items() if _is_bank(path / p)}
        if not banks:
            places = " nor ".join(f"{p}/{FEATURES}" for p in PLACES.values())
            raise DataError(f"{path}: the run has no embeddings yet (neither {places})")
        written = config.load(path / "config.json")
        distillers = _distillers(written)
        experiment = config.resolve_trained(written, host)
        manifest = manifest or path / "data" / "index.json"
    elif path.is_dir():
        if not _is_bank(path):
            raise DataError(f"{path}: no run folder ({MARKER}), and no bank in it ({FEATURES})")
        banks = {"": Embeddings.load(path)}
    else:
        banks = {"": read_embeddings(path).embeddings}
    for model, bank in banks.items():
        words = f"{path}: the {model}'s bank" if model else f"{path}: the bank"
        if len(bank.features) < 2:
            raise DataError(f"{words} has {len(bank.features)} rows: nothing to decompose")
        if bank.dim > MOST_DIMS:
            raise DataError(f"{words} has {bank.dim:,} dimensions, more than {MOST_DIMS:,}")
    records = _records(path, manifest, banks.values()) if manifest else None
    return Source(path.resolve().name, banks, records, experiment, distillers)


def _distillers(written: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The distillers in a run's `config.json`. Only a run without student has none of these
    keys."""
    train = (written.get("student") or {}).get("train") or {}
    return list(train.get("distillers") or ())


def _is_bank(folder: Path) -> bool:
    return (folder / FEATURES).is_file()


def _records(path: Path, manifest: Path, banks: Iterable[Embeddings]) -> Mapping[str, Record]:
    records = {r.item_id: r for r in read_manifest(manifest)}
    for bank in banks:
        unknown = [i for i in bank.item_ids if not isinstance(i, str) or i not in records]
        if unknown:
            raise DataError(
                f"{path}: {len(unknown)} of {len(bank.item_ids)} embedded items are not in "
                f"{manifest}, first {quoted(unknown[0])}"
            )
    return records
