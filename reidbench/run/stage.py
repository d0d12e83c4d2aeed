"""What a stage is: a step of a run whose output is kept under a key."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from ..data.prepared import Data
from .context import Context, Output

Entries = Iterable[tuple[str, Mapping[str, Any]]]
"""(kind, config) of each"""


@dataclass(frozen=True)
class Job:
    """What a stage works with."""

    data: Data
    inputs: Mapping[str, Output]
    """stage -> its output, for those of `needs` that the run has"""
    out: Path
    """An empty folder; what lies in it at the end is the output."""
    partial: Path
    """A folder for progress that survives a kill; it may not exist yet."""


class Stage(ABC):
    """One step of a run. Its key is made from `settings`, the code of `entries`, the content of the
    files that these name, the data's fingerprint and pictures, the seed, the precision, and the
    keys of the inputs: equal keys, equal output (but for times that were measured)."""

    name: ClassVar[str]
    section: ClassVar[str]
    """The section of the config that it reads."""
    needs: ClassVar[tuple[str, ...]] = ()
    """Stages whose output it reads, where the run has them."""
    makes: ClassVar[str]
    """Its output, in a few words."""

    @abstractmethod
    def wanted(self, context: Context) -> bool:
        """Whether a run of this config has the stage."""

    def complete(self, context: Context, inputs: Mapping[str, Output]) -> None:
        """Fill in what the config leaves open and only the inputs tell. By default nothing."""
        return None

    @abstractmethod
    def settings(self, context: Context) -> dict[str, Any]:
        """What of the config changes the output, as plain JSON data."""

    @abstractmethod
    def entries(self, context: Context) -> Entries:
        """The entries whose code changes the output."""

    @abstractmethod
    def run(self, context: Context, job: Job) -> None:
        """Do the work. Raises ReidbenchError for a mistake of the user's."""
