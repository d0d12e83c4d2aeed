"""What a report is made from, whoever gathered it: a run folder, or files that were scored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from reidbench_registry import ConfigError, Owner, Record, ReportSection, Task

from ..embeddings import Embeddings
from ..evaluation.scoring import Pair
from ..results.comparison import Result
from ..results.per_query import PerQuery
from ..results.record import ResultRecord

Method = Literal["pca", "tsne", "umap"]


@dataclass(frozen=True)
class Pictures:
    """Where the pictures of the items are, and which of them may be opened."""

    root: Path | None = None
    """Only files below this folder are opened; None: every file that a record names"""
    manifest: Path | None = None
    """The folder that the records' relative paths were joined to; they are looked up below `root`
    instead"""

    def path_of(self, record: Record) -> Path | None:
        """The picture of a record; None without one, and for one that may not be opened."""
        if record.path is None:
            return None
        path = Path(record.path)
        if self.root is None:
            return path
        root = self.root.resolve()
        if self.manifest is not None and path.absolute().is_relative_to(self.manifest.absolute()):
            path = path.absolute().relative_to(self.manifest.absolute())
        try:
            path = (root / path).resolve()
        except (OSError, ValueError, RuntimeError):  # a name that no file can have, a loop of links
            return None
        return path if path.is_relative_to(root) else None


@dataclass(frozen=True)
class Inputs:
    """One run, or one scored file."""

    label: str
    """`A`, `B`, ...: its name in the report"""
    path: Path
    """of the run folder or result, for messages"""
    name: str
    record: ResultRecord
    per_query: Mapping[tuple[str, str], PerQuery]
    """(task, mode) -> figures query by query"""
    records: Sequence[Record]
    tasks: Sequence[Task]
    pairs: Mapping[str, Pair]
    """mode -> the embeddings that were scored; a mode whose embeddings are gone is missing"""
    banks: Mapping[str, Embeddings]
    """model -> its embeddings, each once"""
    config: Mapping[str, Any] = field(default_factory=dict)
    """resolved, as plain JSON; empty for files"""
    environment: Mapping[str, Any] | None = None
    log: Path | None = None
    """`log.jsonl`"""
    training: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """stage -> its `training.json`"""
    sections: Sequence[tuple[Owner, ReportSection]] = ()
    pictures: Pictures | None = field(default_factory=Pictures)
    """None: no picture is opened"""
    missing: Sequence[str] = ()
    """a line for each thing that was not found"""

    def task(self, name: str) -> Task | None:
        return next((t for t in self.tasks if t.name == name), None)

    def result(self) -> Result:
        """For comparisons."""
        return Result(self.label, self.path, self.record, self.per_query)


@dataclass(frozen=True)
class Options:
    """What a report shows."""

    queries: int = 4
    """Of each kind (best, median, worst, random, changed) and task"""
    k: int = 10
    """Items of a ranked list that are not excluded"""
    map: Method = "pca"
    full: bool = False
    """Larger pictures, all of them, in files beside the page"""

    def __post_init__(self) -> None:
        for name, most in (("queries", 1000), ("k", 1000)):
            if not 1 <= getattr(self, name) <= most:
                raise ConfigError(f"{name}: {getattr(self, name)} is not between 1 and {most}")
