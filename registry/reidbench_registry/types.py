"""The plain data that harness and plugins exchange. No pixels, no torch."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from .errors import ConfigError, DataError, did_you_mean
from .garbage import gc_paused
from .kinds import COMPOSITE_SEPARATOR, MODALITIES

if TYPE_CHECKING:
    import numpy as np

T = TypeVar("T")
Track = Callable[[Iterable[T], str, "int | None"], Iterable[T]]
"""`track(iterable, description, total)`: yields the items and shows progress while doing so."""

Exclusion = Literal["none", "same_instance", "same_pid_camera", "same_location_any_pid"]
MOST_TRIALS = 1000
"""Trials of a task: each is a whole evaluation."""
EXCLUSIONS: tuple[str, ...] = ("none", "same_instance", "same_pid_camera", "same_location_any_pid")


@dataclass(frozen=True, slots=True)
class Record:
    """One item: an image or a caption; a row of a manifest. Or a composite query, which has several
    items as members (see `composite`)."""

    item_id: str
    """Unique within the data set, stable over machines and versions of the code."""
    dataset: str
    split: str
    """`train`, `val`, `test` or `unlabelled`."""
    modality: str
    pid: str
    """Identity, as published (no relabelling)."""
    camera_id: str | None = None
    """Only a real camera: no folder or source that takes its place"""
    instance_id: str | None = None
    """The moment (usually a photo) that several items, of all modalities, were made from"""
    location_id: str | None = None
    path: Path | str | None = None
    """The image file; None for text. Large sets should use strings: they cost a tenth of a Path"""
    text: str | None = None
    """The raw caption, without a prompt; None for images"""
    caption_idx: int | None = None
    generated: str | None = None
    """Name of the operator that derived the item from another one; None for original items"""
    role: str | None = None
    """`query` or `gallery` where the data set fixes it; None: a task may use it as either"""
    extras: Mapping[str, Any] = field(default_factory=dict)

    @property
    def members(self) -> Sequence[str]:
        """Item ids of the members of a composite query; empty for any other record."""
        if COMPOSITE_SEPARATOR not in self.modality:
            return ()
        # A record that was read from a table may hold anything here.
        ids = self.extras.get("members")
        if isinstance(ids, list | tuple) and all(isinstance(m, str) for m in ids):
            return ids
        return ()


@dataclass(frozen=True)
class DatasetCard:
    """What a reader of a result must know about the data set."""

    name: str
    revision: str
    licence: str
    citation: str
    modalities: tuple[str, ...]
    synthetic: bool = False
    """True when the images were drawn or generated; results say so"""
    description: str = ""
    access: str = ""
    """Where to get it, or whom to ask"""
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Published numbers: split -> `identities` or a modality -> number"""
    protocols: tuple[str, ...] = ()
    """Names of protocol entries that papers use for it"""


_CONTENT = attrgetter(
    "item_id", "split", "modality", "pid", "camera_id", "instance_id", "location_id", "text",
    "caption_idx", "generated", "role", "extras",
)  # fmt: skip


def fingerprint(card: DatasetCard, records: Sequence[Record]) -> str:
    """SHA-256 over the card's name and revision and all records; their order does not matter.

    Paths are left out, so that a data set in another folder keeps its fingerprint."""
    digest = hashlib.sha256(f"{card.name}\n{card.revision}\n".encode())
    # Many rows in one call: encoding one row at a time takes three times as long.
    encode = json.JSONEncoder(sort_keys=True, default=dict).encode
    ordered = sorted(records, key=attrgetter("item_id"))
    with gc_paused():
        for start in range(0, len(ordered), 4096):
            rows = list(map(_CONTENT, ordered[start : start + 4096]))
            digest.update(encode(rows).encode() + b"\n")
    return digest.hexdigest()


@dataclass(frozen=True)
class Selector:
    """Selects records by split, modality, camera, role and data set."""

    modality: str
    """`ir+sketch`: composite queries of an infrared image and a sketch."""
    split: str = "test"
    cameras: Sequence[str] | None = None
    """None: all cameras, also unknown ones"""
    role: Literal["query", "gallery"] | None = None
    """None: any role"""
    dataset: str | None = None
    """One of several data sets in a joined index; None: all"""

    def __post_init__(self) -> None:
        for name in str(self.modality).split(COMPOSITE_SEPARATOR):
            if name not in MODALITIES:
                near = did_you_mean(name, MODALITIES)
                raise ConfigError(f"unknown modality {name!r}{near}")
        if isinstance(self.cameras, str):
            raise ConfigError(f"cameras={self.cameras!r} is not a list of camera ids")
        if self.role not in (None, "query", "gallery"):
            raise ConfigError(f"role={self.role!r} is neither query nor gallery")

    def __call__(self, record: Record) -> bool:
        """Whether `record` is selected. Raises DataError for a record without a camera when cameras
        are given."""
        if record.modality != self.modality or record.split != self.split:
            return False
        if self.role is not None and record.role != self.role:
            return False
        if self.dataset is not None and record.dataset != self.dataset:
            return False
        if self.cameras is None:
            return True
        if record.camera_id is None:
            raise DataError(f"item {record.item_id!r} has no camera_id; the task selects by camera")
        return record.camera_id in self.cameras


@dataclass(frozen=True)
class Trials:
    """Random galleries: `shots` items of each (pid, camera), drawn `number` times. Each metric of
    the task is the mean over the trials."""

    number: int = 10
    shots: int = 1
    origin: Literal["dataset", "python-seeded"] = "dataset"
    """Who draws them:

    - `dataset`: its authors did; `record.extras["trial_places"][t]` is the item's place (0-based)
      in the permutation of its (pid, camera) in trial t;
    - `python-seeded`: `random.seed(t)`, then one draw for each (pid, camera), in that order."""
    side: Literal["gallery", "query"] = "gallery"
    """`query`: the queries are drawn, one of each (pid, camera), and the whole gallery is used"""

    def __post_init__(self) -> None:
        for name, value in (("number", self.number), ("shots", self.shots)):
            if type(value) is not int or value < 1:
                raise ConfigError(f"trials: {name}={value!r} is not an integer from 1")
        if self.number > MOST_TRIALS:
            raise ConfigError(f"trials: number={self.number} is more than {MOST_TRIALS}")
        if self.origin not in ("dataset", "python-seeded"):
            raise ConfigError(
                f"trials: origin={self.origin!r} is neither dataset nor python-seeded"
            )
        if self.side not in ("gallery", "query"):
            raise ConfigError(f"trials: side={self.side!r} is neither gallery nor query")
        if self.side == "query" and (self.shots, self.origin) != (1, "python-seeded"):
            raise ConfigError("trials: drawn queries need origin='python-seeded' and shots=1")


@dataclass(frozen=True)
class Task:
    """One query -> gallery evaluation. A positive is a gallery item with the query's pid."""

    name: str
    query: Selector
    gallery: Selector
    exclude: Exclusion = "none"
    """Which gallery items are removed from the ranking of a query:

    - `none`: no item;
    - `same_instance`: those of the query's own instance (made from the same photo);
    - `same_pid_camera`: those with the query's pid and camera (Market-1501, LLCM);
    - `same_location_any_pid`: those from the query's location, of any identity (SYSU-MM01).
    """
    cmc: Literal["item", "identity"] = "item"
    """Whether CMC counts gallery items or, as SYSU-MM01 and LLCM do, distinct identities."""
    trials: Trials | None = None
    """None: one evaluation with the whole gallery"""

    def __post_init__(self) -> None:
        if self.exclude not in EXCLUSIONS:
            raise ConfigError(
                f"task {self.name!r}: exclude={self.exclude!r} is none of {', '.join(EXCLUSIONS)}"
            )
        if self.cmc not in ("item", "identity"):
            raise ConfigError(f"task {self.name!r}: cmc={self.cmc!r} is neither item nor identity")

    def describe(self) -> dict[str, Any]:
        """The fields as plain JSON data; they are part of the task's identity."""
        fields = asdict(self)
        for side in (fields["query"], fields["gallery"]):
            # A new optional field must not change the identity of older tasks.
            for name in ("cameras", "role", "dataset"):
                if side[name] is None:
                    side.pop(name)
            if "cameras" in side:
                side["cameras"] = list(side["cameras"])
        if fields["trials"] and fields["trials"]["side"] == "gallery":
            fields["trials"].pop("side")
        return fields


@dataclass(frozen=True)
class EvalProtocol:
    """A named list of tasks, each given as the config of a task entry (`dict(type=...)`)."""

    name: str
    tasks: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Ranks:
    """The ranks of each query's positives, which is all that a metric needs.

    Those of query `q` are `ranks[offsets[q]:offsets[q + 1]]`, ascending, 1 = best, counted among
    the gallery items that are not excluded for it. Every query here has at least one positive.
    """

    ranks: np.ndarray
    """int64[sum of positives]"""
    offsets: np.ndarray
    """int64[Nq + 1]"""
    identities_above: np.ndarray | None = None
    """int64[Nq]: distinct identities, among items that are not excluded, ranked above the best
    positive (identity-level CMC); None for item-level tasks"""
