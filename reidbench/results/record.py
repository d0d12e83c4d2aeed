"""The result record: what a run claims, and what is needed to know what the claim means.

Each level is a typed model, each key is explained where it is declared. A file that does not fit is
the user's mistake: one line that names the key.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from reidbench_registry import DataError

from ..tools.files import write_json
from ..tools.guarded import RECORD, MissingFileError, as_data_error, json_parser, read_text
from ..tools.terminal import safe

SCHEMA = 1
"""Number of this layout."""


class Level(BaseModel):
    """One level of the record: no key that is not declared, no value of another type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class SelectorFields(Level):
    """Which records are queries, or the gallery."""

    modality: str
    split: str
    cameras: list[str] | None = None
    role: Literal["query", "gallery"] | None = None
    dataset: str | None = None


class TrialsFields(Level):
    """Random galleries or queries over which figures are averaged."""

    number: int
    shots: int
    origin: Literal["dataset", "python-seeded"]
    side: Literal["gallery", "query"] = "gallery"


class TaskFields(Level):
    """The task, as `Task.describe` gives it."""

    name: str
    query: SelectorFields
    gallery: SelectorFields
    exclude: str
    cmc: Literal["item", "identity"]
    trials: TrialsFields | None


class Identity(Level):
    """Everything that changes what a number means; a column never mixes identities."""

    dataset: str
    revision: str
    fingerprint: str
    """SHA-256 over the index of the data set"""
    synthetic: bool
    task: TaskFields
    ap: str
    """which average precision"""
    ties: str
    """how equal similarities are ordered"""
    generated_by: list[str]
    """operators that made some of the items"""
    hash: str
    """SHA-256 of all of the above"""


class Fused(Level):
    """Composite queries that the model did not embed as a whole."""

    queries: int
    by: str


class Row(Level):
    """The figures of one task in one mode."""

    identity: Identity
    mode: str
    n_query: int
    n_valid: int
    """queries with an admissible positive; the others are skipped"""
    n_gallery: int | list[int]
    """a list where the trials differ"""
    chance_R1: float
    """Rank-1 of a random order"""
    metrics: dict[str, float]
    """metric -> mean over valid queries, in [0, 1]"""
    interval: dict[str, tuple[float, float] | None]
    """metric -> 95% interval by resampled identities; null with a single identity"""
    bracket: dict[str, tuple[float, float]]
    """metric -> its value with near-ties decided against the positives, and in their favour"""
    collapsed: bool
    """many similarities are equal: the bracket is wide"""
    fused: Fused | None = None
    pictures: str | None = None
    """SHA-256 over the pictures of the task; null where they are not known (files)"""


class Dataset(Level):
    """The card of the data set, with its fingerprint."""

    name: str
    revision: str
    licence: str
    citation: str
    modalities: list[str]
    synthetic: bool
    description: str
    access: str
    counts: dict[str, dict[str, int]]
    protocols: list[str]
    fingerprint: str


class ModelCondition(Level):
    """How a model was used; null where that is not known (files)."""

    neck: str | None
    tap: str | None
    selection: str | None
    """which weights: `last`, `val` (the best on the split val) or `untrained`"""
    unlabelled: int | None = None
    """items without label that its distillation saw"""
    dim: int | None = None
    """leading dimensions that were scored; null: all"""


class Conditions(Level):
    """What changes a number without changing what it is a number of."""

    query: ModelCondition | None
    gallery: ModelCondition | None
    precision: str | None
    test_time_augmentation: str | None
    re_ranking: str | None


class Component(Level):
    """An entry that was used, and where it comes from."""

    kind: str
    name: str
    package: str
    distribution: str
    version: str
    source: str
    """digest of the package's files"""


class RunSource(Level):
    """Another run whose checkpoints were evaluated."""

    run: str
    stages: dict[str, str]
    """stage -> its key"""


class FileSource(Level):
    """One file of embeddings, or arrays that were in memory."""

    file: str | None
    """null: arrays"""
    sha256: str
    """of the file's content; of arrays, of the features' bytes"""
    shape: list[int]
    dtype: str


class FilesSource(Level):
    query: FileSource
    gallery: FileSource


class Environment(Level):
    """Where the figures were computed. Another processor, device or number of threads rounds
    differently, which training amplifies."""

    platform: str
    python: str
    torch: str
    device: str
    threads: int


class ResultRecord(Level):
    """A whole result."""

    layout: Literal[1] = Field(alias="schema")
    """number of this layout; readers keep reading older ones"""
    run: str | None
    """name of the run folder; null for embeddings that were scored from files"""
    reidbench: str
    """version of the harness"""
    seed: int | None
    """of training and sampling; null for files"""
    protocol: str | None
    """name of the bundle of tasks; null when a task was scored alone"""
    dataset: Dataset
    source: RunSource | FilesSource | None = None
    """where the embeddings come from; null: the run's own models"""
    conditions: dict[str, Conditions]
    """deployment mode -> its conditions"""
    scores: list[Row] = Field(min_length=1)
    """one row per task and mode"""
    components: list[Component]
    stages: dict[str, str]
    """stage -> its key; empty for files"""
    environment: Environment | None = None
    """null in records of before it was kept"""

    def as_json(self) -> dict[str, Any]:
        """The record as plain JSON data, with the keys that it was given."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)


def build(**values: Any) -> ResultRecord:
    """A record of this layout from plain values."""
    return ResultRecord.model_validate({"schema": SCHEMA, **values}, strict=False)


def write(path: Path, record: ResultRecord) -> None:
    write_json(path, record.as_json())


def read(path: Path) -> ResultRecord:
    """The result record in a file or a run folder. Raises DataError naming what is wrong."""
    file = path / "result.json" if path.is_dir() else path
    try:
        text = read_text(file, RECORD)
    except MissingFileError:
        why = "the run is not finished, or it is no run folder" if path.is_dir() else "no such file"
        raise DataError(f"no result at {file}: {why}") from None
    with as_data_error(file):
        json_parser()(text)  # pydantic's own parser has other limits, and its JSON has NaN
    try:
        return ResultRecord.model_validate_json(text)
    except ValidationError as error:
        raise DataError(f"{file}: no result record: {_first(error)}") from None


def _first(error: ValidationError) -> str:
    """The first mistake: the path of the key and what is wrong with it."""
    one = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where = ".".join(safe(key, 60) for key in one["loc"]) or "the file"
    more = f" (and {error.error_count() - 1} other mistakes)" if error.error_count() > 1 else ""
    return f"{where}: {safe(one['msg'])}{more}"
