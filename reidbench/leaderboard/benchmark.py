"""A benchmark: the items, the tasks over them, and what a submission may use.

The manifest of the maintainer says what each item shows. A submission says nothing about that.

torch waits for the functions that need it: what only looks at a benchmark starts seconds sooner.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from reidbench_registry import DataError, DatasetCard, Metric, Record, Task

from ..evaluation.chosen import build_metrics
from ..evaluation.identity import identity
from ..evaluation.taskfile import task_of
from ..pluginhost import PluginHost
from ..results.level import Level
from ..results.origin import Dataset
from ..results.rows import TaskFields
from ..tools.digests import file_digest
from ..tools.files import write_json
from ..tools.guarded import TABLE, check_file, read_json, read_text
from ..tools.manifest import read_manifest, write_manifest
from .repository import Digest, Line, Name, Text, level_of, read_level, write_level

FILE, QUERIES, PRIVATE = "benchmark.json", "queries.json", "private_items.txt"
MANIFEST = "manifest.csv"


class Limits(Level):
    """What the check of one submission may take."""

    seconds: int = Field(default=600, ge=1)
    memory_mb: int = Field(default=4096, ge=256)
    """for features and figures, in MiB"""
    files_mb: int = Field(default=2048, ge=1)
    """all files of a submission together, in MiB"""


class Counts(Level):
    """The sizes of a task, as in a row of a result."""

    n_query: int
    n_valid: int
    n_gallery: int | list[int]
    chance_R1: float


class BenchmarkFile(Level):
    """`benchmark.json`"""

    layout: Literal[1] = Field(alias="schema")
    name: Name
    title: Line
    description: Text = ""
    dataset: Dataset
    """card and official fingerprint; the fingerprint is that of the whole data set, of which the
    manifest has the items that the tasks need"""
    protocol: str | None
    tasks: list[TaskFields] = Field(min_length=1)
    counts: dict[Line, Counts]
    """task -> its sizes"""
    metrics: list[dict[str, Any]] = Field(min_length=1)
    """entries, as in a config"""
    manifest: Digest
    """SHA-256 of `manifest.csv`"""
    private: Digest | None = None
    """SHA-256 of the maintainer's table of the private part, of which only the ids are published
    (`private_items.txt`)"""
    overlaps: list[Line] = Field(default_factory=list)
    """data sets whose training data overlap with this test, by name"""
    limits: Limits = Field(default_factory=Limits)


@dataclass(frozen=True)
class Benchmark:
    """A benchmark with its items in memory."""

    about: BenchmarkFile
    folder: Path
    records: list[Record]
    """of the public part"""
    private_ids: list[str]

    @classmethod
    def read(cls, folder: Path) -> Benchmark:
        """Raises DataError for files that are missing, damaged or do not belong together."""
        about = read_level(BenchmarkFile, folder / FILE)
        if about.name != folder.name:
            raise DataError(f"{folder / FILE}: name is {about.name!r}, the folder's is another")
        check_file(folder / MANIFEST)
        if file_digest(folder / MANIFEST) != about.manifest:
            raise DataError(f"{folder / MANIFEST}: it is not the manifest that {FILE} was made for")
        ids = []
        if about.private is not None:
            ids = read_text(folder / PRIVATE, TABLE).split("\n")[:-1]
        return cls(about, folder, read_manifest(folder / MANIFEST), ids)

    @cached_property
    def tasks(self) -> dict[str, Task]:
        """name -> task"""
        given = [t.model_dump(mode="json", exclude_unset=True) for t in self.about.tasks]
        return {fields["name"]: task_of(fields) for fields in given}

    @cached_property
    def metrics(self) -> list[Metric]:
        """Raises ConfigError for metrics that no installed plugin has."""
        return build_metrics(PluginHost(), self.about.metrics)

    @cached_property
    def card(self) -> DatasetCard:
        return self.about.dataset.card()

    @cached_property
    def queries(self) -> dict[str, list[str]]:
        """task -> pids of its queries that have a positive, in the order of figures query by
        query"""
        given = read_json(self.folder / QUERIES, TABLE)
        if not isinstance(given, dict) or not all(isinstance(ids, list) for ids in given.values()):
            raise DataError(f"{self.folder / QUERIES}: expected lists of item ids, by task")
        return {name: self.pids_of(ids) for name, ids in given.items() if name in self.tasks}

    def identity_of(self, task: Task) -> str:
        """Hash of what the task's numbers mean."""
        from ..evaluation.scoring import records_of

        records = records_of([task], self.records)
        return identity(task, self.card, self.about.dataset.fingerprint, records)["hash"]

    def pids_of(self, item_ids: Sequence[str]) -> list[str]:
        pid = {r.item_id: r.pid for r in self.records}
        try:
            return [pid[item] for item in item_ids]
        except (KeyError, TypeError):
            raise DataError(
                f"{self.folder / QUERIES}: it names items that are not in {MANIFEST}"
            ) from None


def make(
    folder: Path,
    name: str,
    about: dict[str, Any],
    tasks: Sequence[Task],
    records: Sequence[Record],
    private: Path | None,
) -> BenchmarkFile:
    """Write the benchmark `name` into a folder: `about` has what of `BenchmarkFile` does not follow
    from the items. Raises DataError when a task has no query with a positive."""
    from ..evaluation.scoring import records_of

    taken = _bare(records_of(tasks, records))
    asked = {task.name: _asked(task, taken) for task in tasks}
    private_records = _bare(records_of(tasks, read_manifest(private))) if private else []
    public = {r.item_id for r in taken}
    if both := [r.item_id for r in private_records if r.item_id in public]:
        raise DataError(f"{private}: {len(both)} items are public, too, first {both[0]!r}")
    write_manifest(folder / MANIFEST, taken)
    write_json(folder / QUERIES, {name: ids for name, (ids, _) in asked.items()})
    about = about | {
        "tasks": [t.describe() for t in tasks],
        "counts": {name: counts for name, (_, counts) in asked.items()},
    }
    about["manifest"] = file_digest(folder / MANIFEST)
    if private:
        ids = "".join(f"{r.item_id}\n" for r in private_records)
        (folder / PRIVATE).write_text(ids, encoding="utf-8")
        about["private"] = file_digest(private)
    made = level_of(BenchmarkFile, {"schema": 1, "name": name, **about})
    write_level(folder / FILE, made)
    return made


def _asked(task: Task, records: Sequence[Record]) -> tuple[list[str], dict[str, Any]]:
    """Item ids of the queries that have a positive, in the order in which the engine gives figures,
    and the counts of the task: found by scoring features of zeros."""
    import torch

    from ..embeddings import Embeddings
    from ..evaluation.score import score

    ids = [r.item_id for r in records]
    nothing = Embeddings(torch.zeros(len(ids), 1), ids)
    scored = score(task, records, nothing, nothing, [])
    counts = {name: scored.row[name] for name in Counts.model_fields}
    return [r.item_id for r in scored.queries], counts


NEEDED = ("members", "trial_places")
"""Extras that tasks read: members of composite queries, the authors' permutations."""


def _bare(records: Sequence[Record]) -> list[Record]:
    """Without pictures, captions and attributes: these stay with the data set's owner."""
    return [
        replace(r, path=None, text=None, extras={k: r.extras[k] for k in NEEDED if k in r.extras})
        for r in records
    ]
