"""A stored result, held against what the embeddings were found to score.

Results lie in a repository, and a pull request may edit them by hand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..results.differences import differences
from ..tools.terminal import quoted
from .claims import MOST, SAME, check_figures
from .diff import MOST as MOVED
from .verified import SAME as ROUNDED
from .verified import Figures, Verified, read_figures

OF_EMBEDDINGS = ("metrics", "interval", "bracket", "per_seed")
"""What of a row another machine may round differently."""


def changes(path: Path, old: Verified, found: Path, new: Verified) -> list[str]:
    """How the result at `path` differs from the one that was found; figures may within brackets.
    Raises DataError for figures query by query that are damaged or not those of the result."""
    queries = {
        row.identity.task.name: [""] * row.n_valid
        for one in (old, new)
        for row in one.record.scores
    }
    before, after = (v.model_dump(mode="json", by_alias=True) for v in (old, new))
    rows = [one["record"].pop("scores") for one in (before, after)]
    private = [one.pop("private") for one in (before, after)]
    words = [f"{name} has changed since" for name in differences(before, after)]
    if len(rows[0]) != len(rows[1]):
        return [*words, "record.scores has changed since"]
    for place, pair in enumerate(zip(*rows, strict=True)):
        one, other = ({k: v for k, v in r.items() if k not in OF_EMBEDDINGS} for r in pair)
        where = f"record.scores.{place}"
        words += [f"{where}.{name} has changed since" for name in differences(one, other)]
        words += [f"{where}.{name} has changed since" for name in _moved(*pair)]
    if _private_moved(*private):
        words.append("private has changed since")
    words = words or check_figures(old.record, rows[1])
    if not words:
        words = list(_other_queries(read_figures(path, old, queries),
                                    read_figures(found, new, queries), new))  # fmt: skip
    return words[:MOST]


def _moved(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    """Of a row: brackets whose ends moved, metrics and seeds that are others."""
    if old["bracket"].keys() != new["bracket"].keys():
        yield "bracket"
        return
    if old["interval"].keys() != new["interval"].keys():
        yield "interval"
    for name, ends in new["bracket"].items():
        if np.abs(np.subtract(old["bracket"][name], ends)).max() > MOVED:
            yield f"bracket.{name}"
    if [one["seed"] for one in old["per_seed"]] != [one["seed"] for one in new["per_seed"]]:
        yield "per_seed"


def _private_moved(old: Any, new: Any) -> bool:
    if old is None or new is None:
        return old is not new
    keys = [[(row["task"], row["mode"], sorted(row["metrics"])) for row in v] for v in (old, new)]
    return keys[0] != keys[1] or any(
        abs(value - b["metrics"][name]) > MOVED
        for a, b in zip(old, new, strict=True)
        for name, value in a["metrics"].items()
    )


def _other_queries(old: Figures, new: Figures, found: Verified) -> Iterator[str]:
    """Rows whose figures query by query moved by more than near-ties leave open: ranks follow from
    them."""
    for row in found.record.scores:
        key = row.identity.task.name, row.mode
        for name, (low, high) in row.bracket.items():
            moved = np.abs(old[key][name] - new[key][name]).mean()
            if moved > high - low + SAME + ROUNDED:
                where = quoted("/".join((*key, name)), 80)
                yield f"{where}: the figures of single queries have changed"
