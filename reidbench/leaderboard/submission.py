"""What is handed in: embeddings, and a record that claims what they score.

    submission.json      which files there are, their sizes and digests, who made them
    record.json          the result record, as `reidbench run` and `reidbench score` write it
    config.json          the config of the run (optional): with it the maintainer can run it again
    *.safetensors        features[N, D] and, in the metadata, the item ids they belong to

Nothing in it says which person an item shows: that is in the benchmark's manifest.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from ..results.level import Level, Seed
from .repository import Digest, Line, Name, Text, read_level

FILE, RECORD, CONFIG = "submission.json", "record.json", "config.json"
SUFFIX = ".safetensors"
MOST_FILES, MOST_SEEDS = 64, 32
DTYPES = {"float16": 2, "bfloat16": 2, "float32": 4, "float64": 8}
"""dtype of features -> bytes of a number"""

_FILE = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,79}\.safetensors$"
FileName = Annotated[str, StringConstraints(pattern=_FILE)]


class Declared(Level):
    """A file of embeddings, as the submission declares it."""

    sha256: Digest
    bytes: int = Field(ge=8)
    shape: tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)]]
    """N, D"""
    dtype: Literal["float16", "bfloat16", "float32", "float64"]


class Files(Level):
    """The files that answer a mode, for one seed."""

    seed: Seed | None
    """of the training; null: there is one only, and it is not known"""
    mode: Annotated[str, StringConstraints(pattern=r"^[^/\s]{1,40}$")]
    query: FileName
    gallery: FileName


class SubmissionFile(Level):
    """`submission.json`"""

    layout: Literal[1] = Field(alias="schema")
    entry: Name
    """name of the folder"""
    title: Line
    benchmark: Name
    authors: Line | None = None
    url: Line | None = None
    description: Text | None = None
    files: dict[FileName, Declared] = Field(min_length=1, max_length=MOST_FILES)
    scores: list[Files] = Field(min_length=1, max_length=MOST_FILES)

    @property
    def seeds(self) -> list[int | None]:
        return list(dict.fromkeys(one.seed for one in self.scores))

    @property
    def modes(self) -> list[str]:
        return list(dict.fromkeys(one.mode for one in self.scores))


def read(folder: Path) -> SubmissionFile:
    return read_level(SubmissionFile, folder / FILE, 2**20)
