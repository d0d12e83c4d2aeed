"""What a result record says around its figures: data, models, training, cost, provenance."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from reidbench_registry import DatasetCard

from .level import Count, Few, Level, Name, Named, Text

Positive = Annotated[float, Field(ge=0)]


class Dataset(Level):
    """The card of the data set, with its fingerprint."""

    name: Name
    revision: Name
    licence: Text
    citation: Text
    modalities: Few[Name]
    synthetic: bool
    description: Text
    access: Text
    counts: Named[Named[Count]]
    """split -> what is counted -> how many"""
    protocols: Few[Name]
    fingerprint: Name
    """SHA-256 over the index of the data set"""

    def card(self) -> DatasetCard:
        """Without the fingerprint, as plugins write it."""
        fields = self.model_dump(exclude={"fingerprint"})
        lists = {"modalities": tuple(self.modalities), "protocols": tuple(self.protocols)}
        return DatasetCard(**fields | lists)


class ModelCondition(Level):
    """How a model was used; null where that is not known (files)."""

    neck: Name | None
    """batch norm between feature and classifier"""
    tap: Name | None
    """whether the embedding is the feature `before` or `after` the neck"""
    selection: Literal["last", "val", "test", "untrained"] | None
    """which weights: of the `last` step, the best on the split `val`, the best on the `test` data
    themselves, or `untrained`"""
    unlabelled: Count | None = None
    """items without label that its distillation saw"""
    dim: Count | None = None
    """leading dimensions that were scored; null: all"""


class Conditions(Level):
    """What changes a number without changing what it is a number of."""

    query: ModelCondition | None
    gallery: ModelCondition | None
    precision: Name | None
    """of the training's autocast"""
    test_time_augmentation: Name | None
    re_ranking: Name | None


class TrainedOn(Level):
    """Data that the weights saw."""

    name: Name
    """of the data set"""
    revision: Name | None
    """null where it is not known"""
    fingerprint: Name | None
    """SHA-256 over the index of the data set; null where it is not known"""
    splits: Few[Name]
    """empty where they are not known"""
    items: Count | None
    """of these splits, that the model embeds; null where it is not known"""
    model: Literal["teacher", "student"] | None
    """null: the author did not say which"""
    declared: bool
    """true: the author says so; false: the harness trained on it"""


def declared(name: str) -> dict[str, Any]:
    """A data set that only the author speaks of."""
    unknown = dict.fromkeys(TrainedOn.model_fields)
    return {**unknown, "name": name, "splits": [], "declared": True}


class Cost(Level):
    """What a mode costs; null where that is not known."""

    parameters: Count | None
    """of the model that embeds a query"""
    gflops: Positive | None
    """of one query, mean over the modalities of the tasks' queries; a multiply-add counts as two"""
    bytes_per_item: Count | None
    """of a gallery item's feature, as float32"""
    query_ms: Positive | None
    """median time to embed one preprocessed query alone, mean over the modalities; on the device of
    `environment`"""


def size_of(dim: int) -> int:
    """Bytes of a feature of so many dimensions."""
    return 4 * dim


def unknown_cost(dim: int) -> dict[str, Any]:
    """Of embeddings whose model is not known."""
    return {**dict.fromkeys(Cost.model_fields), "bytes_per_item": size_of(dim)}


class Component(Level):
    """An entry that was used, and where it comes from."""

    kind: Name
    name: Name
    package: Name
    distribution: Name
    version: Name
    source: Name
    """digest of the package's files"""


class RunSource(Level):
    """Another run whose checkpoints were evaluated."""

    run: Name
    stages: Named[Name]
    """stage -> its key"""


class FileSource(Level):
    """One file of embeddings, or arrays that were in memory."""

    file: Name | None
    """null: arrays"""
    sha256: Name
    """of the file's content; of arrays, of the features' bytes"""
    shape: Few[Count]
    dtype: Name


class FilesSource(Level):
    """Embeddings that were scored from files."""

    query: FileSource
    gallery: FileSource


class Environment(Level):
    """Where the figures were computed. Another processor, device or number of threads rounds
    differently, which training amplifies."""

    platform: Name
    python: Name
    torch: Name
    device: Name
    threads: Count
