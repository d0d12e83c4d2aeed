"""Where things lie in the folder of a leaderboard.

settings.json                  title and description
benchmarks/NAME/               what is asked: manifest, tasks, official fingerprint
submissions/ENTRY/             what was handed in: embeddings and a record that claims figures
results/ENTRY.json             what the embeddings were found to score, written by `verify`
results/ENTRY.safetensors      the same query by query
reported.csv                   figures copied from papers (optional)
page/, README.md               written by `build`
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field, StringConstraints, ValidationError

from reidbench_registry import ConfigError, DataError, did_you_mean

from ..results.level import Level, first_mistake
from ..tools.files import write_json
from ..tools.guarded import RECORD, as_data_error, json_parser, read_text
from ..tools.terminal import quoted

SETTINGS = "settings.json"
KEEP = ".gitkeep"
"""Keeps an empty folder in git."""
NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$"
"""Names of benchmarks and entries: they are names of folders, too."""

T = TypeVar("T", bound=Level)
Name = Annotated[str, StringConstraints(pattern=NAME)]
Line = Annotated[str, StringConstraints(max_length=200)]
Text = Annotated[str, StringConstraints(max_length=2000)]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class Settings(Level):
    """What the maintainer says about the whole leaderboard."""

    layout: Literal[1] = Field(alias="schema")
    title: Line
    description: Text = ""


@dataclass(frozen=True)
class Repository:
    """The folder of a leaderboard."""

    root: Path

    @classmethod
    def open(cls, path: Path) -> Repository:
        """The leaderboard that `path` is in. Raises ConfigError where there is none."""
        for place in (path.absolute(), *path.absolute().parents):
            if (place / SETTINGS).is_file() and (place / "benchmarks").is_dir():
                return cls(path if place == path.absolute() else place)
        raise ConfigError(
            f"{path}: no leaderboard here (no {SETTINGS} with a folder benchmarks beside it); "
            "`reidbench leaderboard init` makes one"
        )

    @property
    def settings(self) -> Settings:
        return read_level(Settings, self.root / SETTINGS)

    def benchmark(self, name: str) -> Path:
        return self.root / "benchmarks" / name

    def submission(self, entry: str) -> Path:
        return self.root / "submissions" / entry

    def result(self, entry: str) -> Path:
        return self.root / "results" / f"{entry}.json"

    def benchmarks(self) -> list[str]:
        return _names(self.root / "benchmarks", "*/benchmark.json")

    def submissions(self) -> list[str]:
        """Names of everything that lies in `submissions/`, whatever it is."""
        folder = self.root / "submissions"
        names = {p.name for p in folder.iterdir()} if folder.is_dir() else set()
        return sorted(names - {KEEP})

    def results(self) -> list[str]:
        return sorted(p.stem for p in (self.root / "results").glob("*.json"))

    def chosen_benchmark(self, name: str | None) -> str:
        """A benchmark by its name; without one, the only one. Raises ConfigError."""
        known = self.benchmarks()
        if name in known:
            return name
        if name is None and len(known) == 1:
            return known[0]
        if name is None:
            raise ConfigError(f"--benchmark: name one of {', '.join(known) or 'none, yet'}")
        raise ConfigError(
            f"no benchmark {quoted(name)}{did_you_mean(name, known)} "
            f"(benchmarks: {', '.join(known)})"
        )


def _names(folder: Path, pattern: str) -> list[str]:
    return sorted(p.parent.name for p in folder.glob(pattern))


def read_level(kind: type[T], path: Path, most: int = RECORD) -> T:
    """A JSON file as a typed model. Raises DataError, one line with the file and the key."""
    text = read_text(path, most)
    with as_data_error(path):
        json_parser()(text)  # pydantic's own parser has other limits, and its JSON has NaN
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        raise DataError(f"{path}: {first_mistake(error)}") from None


def level_of(kind: type[T], value: dict[str, Any]) -> T:
    """What a user asks for as a typed model. Raises ConfigError, one line with the key."""
    try:
        return kind.model_validate(value, strict=False)
    except ValidationError as error:
        raise ConfigError(first_mistake(error)) from None


def write_level(path: Path, value: Level) -> None:
    write_json(path, value.model_dump(mode="json", by_alias=True, exclude_unset=True))
