"""Two states of a leaderboard: which figures are new, gone or overwritten."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from reidbench_registry import DataError

from ..tools.guarded import RECORD, read_json
from ..tools.terminal import safe
from .build import PAGE

MOST = 0.001
"""An overwritten score may move by so much: another machine rounds differently."""


class Change(NamedTuple):
    what: str
    """new, gone, moved, or changed (by more than is allowed)"""
    row: str
    """entry, task, mode, metric"""
    old: float | None
    new: float | None

    @property
    def allowed(self) -> bool:
        return self.what in ("new", "moved")


def diff(old: Path, new: Path) -> list[Change]:
    """Changes from one leaderboard (its folder, or its leaderboard.json) to another. Rows that are
    equal are left out."""
    before, after = _figures(old), _figures(new)
    changes = []
    for key in dict.fromkeys([*before, *after]):
        a, b = before.get(key), after.get(key)
        if a == b:
            continue
        if a is None or b is None:
            what = "new" if a is None else "gone"
        else:
            what = "moved" if abs(a - b) <= MOST + 1e-12 else "changed"
        changes.append(Change(what, ", ".join(key), a, b))
    return sorted(changes, key=lambda c: (c.allowed, c.what))


def _figures(path: Path) -> dict[tuple[str, ...], float]:
    """entry, benchmark, task, mode, metric -> value"""
    file = path / PAGE / "leaderboard.json" if path.is_dir() else path
    given: Any = read_json(file, RECORD)
    figures = {}
    try:
        for row in given["rows"]:
            name = row["entry"] or f"{row['title']} ({row['dataset']}, {row['conditions']['note']})"
            places = (name, row["benchmark"] or "reported", row["task"], row["mode"] or "-")
            for metric, value in row["metrics"].items():
                figures[tuple(safe(p, 80) for p in (*places, metric))] = float(value)
    except (KeyError, TypeError, AttributeError, ValueError):
        raise DataError(f"{file}: no leaderboard.json as `build` writes it") from None
    return figures
