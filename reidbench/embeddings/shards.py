"""Rows of an extraction that is not finished, in files that survive a kill."""

from __future__ import annotations

import time
from pathlib import Path

import torch
from torch import Tensor

from reidbench_registry import DataError

from .. import distributed
from ..tools.tensors import load_tensors, save_tensors


class Shards:
    """A folder of files `rows-<rank>-<number>.safetensors`, each with `rows`[n] and
    `features`[n, D].

    A file is written whenever `seconds` have passed since the last one, whole or not at all, so a
    kill loses at most that much work."""

    def __init__(self, folder: Path, seconds: float = 30.0) -> None:
        self.folder, self._seconds = folder, seconds
        self._kept: list[tuple[Tensor, Tensor]] = []
        self._last = time.monotonic()

    def read(self, total: int) -> tuple[Tensor | None, Tensor]:
        """features[total, D], NaN where there is no row yet (None without any), and done[total].

        A file that is damaged or has other rows is deleted; its rows are computed again."""
        features: Tensor | None = None
        done = torch.zeros(total, dtype=torch.bool)
        for path in self._files():
            try:
                tensors = load_tensors(path)
                rows, part = tensors["rows"], tensors["features"]
                if features is None:
                    features = torch.full((total, part.shape[1]), torch.nan)
                features[rows] = part
                done[rows] = True
            except (DataError, KeyError, IndexError, RuntimeError):
                path.unlink(missing_ok=True)
        return features, done

    def add(self, rows: Tensor, features: Tensor) -> None:
        """Add features[n, D] of rows[n]; they are written when `seconds` have passed."""
        self._kept.append((rows, features))
        if time.monotonic() - self._last >= self._seconds:
            self.flush()

    def flush(self) -> None:
        """Write what was added since the last file."""
        if not self._kept:
            return
        rank = distributed.rank()
        files = self._files(f"rows-{rank:04}-*")
        number = int(files[-1].stem.rpartition("-")[2]) + 1 if files else 0
        rows, features = (torch.cat(parts) for parts in zip(*self._kept, strict=True))
        tensors = {"rows": rows, "features": features}
        save_tensors(self.folder / f"rows-{rank:04}-{number:06}.safetensors", tensors)
        self._kept, self._last = [], time.monotonic()

    def _files(self, stem: str = "rows-*") -> list[Path]:
        return sorted(self.folder.glob(f"{stem}.safetensors"))
