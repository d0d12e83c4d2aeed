"""What hooks are told about a run: plain values, each plugin's own copy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import PluginError


@dataclass(frozen=True)
class RunInfo:
    """A run, as soon as its config is checked."""

    name: str
    folder: Path
    """`<work dir>/<name>`: where everything about the run lies."""
    seed: int
    config: dict[str, Any]
    """The resolved config, every default filled in: what `config.json` holds."""


@dataclass(frozen=True)
class StageInfo:
    """A stage whose output is in place."""

    run: RunInfo
    name: str
    folder: Path
    """The output, as the run's folder shows it."""
    key: str
    """Made from all that went into the output: equal keys, equal output."""
    skipped: bool
    """Whether an earlier run had made it already."""


@dataclass(frozen=True)
class RunResult:
    """A finished run."""

    run: RunInfo
    record: dict[str, Any]
    """What `result.json` holds."""


@dataclass(frozen=True)
class ReportSection:
    """A part of `report.md`. Raises PluginError unless both are strings."""

    title: str
    body: str
    """Markdown. Headings in it start at level 3."""

    def __post_init__(self) -> None:
        if not isinstance(self.title, str) or not isinstance(self.body, str):
            raise PluginError(f"a report section is two strings, got {self!r}")
