"""The rows of a result record: what was scored, and its figures."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from .level import Count, Edges, Few, Level, Many, Metrics, Name, Named, Seed


class SelectorFields(Level):
    """Which records are queries, or the gallery."""

    modality: Name
    split: Name
    cameras: Many[Name] | None = None
    role: Literal["query", "gallery"] | None = None
    dataset: Name | None = None


class TrialsFields(Level):
    """Random galleries or queries over which figures are averaged."""

    number: Count
    shots: Count
    origin: Literal["dataset", "python-seeded"]
    side: Literal["gallery", "query"] = "gallery"


class TaskFields(Level):
    """The task, as `Task.describe` gives it."""

    name: Name
    query: SelectorFields
    gallery: SelectorFields
    exclude: Name
    cmc: Literal["item", "identity"]
    trials: TrialsFields | None


class Identity(Level):
    """Everything that changes what a number means; a column never mixes identities."""

    dataset: Name
    revision: Name
    fingerprint: Name
    """SHA-256 over the index of the data set"""
    synthetic: bool
    task: TaskFields
    ap: Name
    """which average precision"""
    ties: Name
    """how equal similarities are ordered"""
    generated_by: Few[Name]
    """operators that made some of the items"""
    hash: Name
    """SHA-256 of all of the above"""


class Fused(Level):
    """Composite queries that the model did not embed as a whole."""

    queries: Count
    by: Name


class SeedFigures(Level):
    """The figures of one seed, where those of the row are a mean over several."""

    seed: Seed
    metrics: Metrics
    """as in the row"""
    bracket: Named[Edges]
    """as in the row"""


class LastStep(Level):
    """The figures of the last step's weights, beside those of weights that were selected."""

    step: Count
    """the last step of the training of the queries' model"""
    metrics: Metrics
    """as in the row: queries embedded at the last step; the gallery too where its model is the same
    one, otherwise as in the row"""


class Row(Level):
    """The figures of one task in one mode."""

    identity: Identity
    mode: Name
    n_query: Count
    n_valid: Count
    """queries with an admissible positive; the others are skipped"""
    n_gallery: Count | Many[Count]
    """a list where the trials differ"""
    chance_R1: float
    """Rank-1 of a random order"""
    metrics: Metrics
    """metric -> mean over valid queries, in [0, 1]"""
    interval: Named[Edges | None]
    """metric -> 95% interval by resampled identities; null with a single identity"""
    bracket: Named[Edges]
    """metric -> its value with near-ties decided against the positives, and in their favour"""
    collapsed: bool
    """many similarities are equal: the bracket is wide"""
    fused: Fused | None = None
    """null: every query was embedded as a whole"""
    pictures: Name | None = None
    """SHA-256 over the pictures of the task; null where they are not known (files)"""
    per_seed: Few[SeedFigures] = Field(default_factory=list)
    """one for each seed where the row is a mean over several; the record's `seed` is then null"""
    last: LastStep | None = None
    """null where the queries' model was not selected on the split val"""
