"""What hooks receive about a run: plain values, a copy for each plugin."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import PluginError


@dataclass(frozen=True)
class RunInfo:
    """A run whose config is checked."""

    name: str
    folder: Path
    """`<work dir>/<name>`: all files of the run"""
    seed: int
    config: dict[str, Any]
    """The resolved config with all defaults, as in `config.json`"""


@dataclass(frozen=True)
class StageInfo:
    """A stage whose output is there."""

    run: RunInfo
    name: str
    folder: Path
    """The output, in the run's folder"""
    key: str
    """A hash of everything that decides the output: equal keys, equal output"""
    skipped: bool
    """True when an earlier run had made the output"""


@dataclass(frozen=True)
class RunResult:
    """A finished run."""

    run: RunInfo
    record: dict[str, Any]
    """The content of `result.json`"""


@dataclass(frozen=True)
class ReportSection:
    """A section of `report.md`. Raises PluginError unless title and body are strings that can be
    written as UTF-8."""

    title: str
    body: str
    """Markdown. Headings in it start at level 3."""

    def __post_init__(self) -> None:
        if not isinstance(self.title, str) or not isinstance(self.body, str):
            raise PluginError(f"a report section is two strings, got {self!r}")
        try:
            (self.title + self.body).encode()
        except UnicodeEncodeError as error:
            raise PluginError(f"a report section that is no UTF-8: {error.reason}") from None
