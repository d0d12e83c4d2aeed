"""The result record: what a run claims, and what is needed to know what the claim means.

Each level is a typed model (`rows.py`, `origin.py`), each key is explained where it is declared. A
file that does not fit is the user's mistake: one line that names the key.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from reidbench_registry import DataError

from ..tools.files import write_json
from ..tools.guarded import RECORD, MissingFileError, as_data_error, json_parser, read_text
from .level import Few, Level, Name, Named, Seed, first_mistake
from .origin import (
    Component,
    Conditions,
    Cost,
    Dataset,
    Environment,
    FilesSource,
    RunSource,
    TrainedOn,
)
from .rows import Row
from .upgrade import SCHEMA, upgraded


class ResultRecord(Level):
    """A whole result."""

    layout: Literal[2] = Field(alias="schema")
    """number of this layout; readers keep reading older ones"""
    status: Literal["reported", "submitted", "rescored", "reproduced"]
    """who vouches for the figures: `reported` copied from a paper; `submitted` a claim that nobody
    else has checked; `rescored` they follow from the submitted embeddings under the maintainer's
    manifest; `reproduced` the maintainer ran the config again"""
    run: Name | None
    """name of the run folder; null for embeddings that were scored from files"""
    reidbench: Name
    """version of the harness"""
    seed: Seed | None
    """of training and sampling; null for files, and where rows are means over several seeds"""
    protocol: Name | None
    """name of the bundle of tasks; null when a task was scored alone"""
    dataset: Dataset
    trained_on: Few[TrainedOn]
    """data that the weights saw, as far as it is known"""
    source: RunSource | FilesSource | None = None
    """where the embeddings come from; null: the run's own models"""
    conditions: Named[Conditions]
    """deployment mode -> its conditions"""
    cost: Named[Cost]
    """deployment mode -> what it costs; empty in records of before it was kept"""
    scores: Annotated[list[Row], Field(min_length=1, max_length=10_000)]
    """one row per task and mode"""
    components: Few[Component]
    """every entry that was used"""
    stages: Named[Name]
    """stage -> its key; empty for files"""
    environment: Environment | None = None
    """null in records of before it was kept"""

    def as_json(self) -> dict[str, Any]:
        """The record as plain JSON data, with the keys that it was given."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)


def build(**values: Any) -> ResultRecord:
    """A record of this layout from plain values. Raises DataError naming the first that does not
    fit."""
    try:
        return ResultRecord.model_validate({"schema": SCHEMA, **values}, strict=False)
    except ValidationError as error:
        raise DataError(f"no result record: {first_mistake(error)}") from None


def write(path: Path, record: ResultRecord) -> None:
    write_json(path, record.as_json())


def read(path: Path) -> ResultRecord:
    """The result record in a file or a run folder, of this layout or an older one. Raises DataError
    naming what is wrong."""
    file = path / "result.json" if path.is_dir() else path
    try:
        text = read_text(file, RECORD)
    except MissingFileError:
        why = "the run is not finished, or it is no run folder" if path.is_dir() else "no such file"
        raise DataError(f"no result at {file}: {why}") from None
    with as_data_error(file):
        # pydantic's own parser has other limits, and its JSON has NaN
        value = upgraded(json_parser()(text))
    try:
        # As JSON: read strictly, a list of Python is no pair.
        return ResultRecord.model_validate_json(json.dumps(value))
    except ValidationError as error:
        raise DataError(f"{file}: no result record: {first_mistake(error)}") from None
