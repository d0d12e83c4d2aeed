"""A small drawn world of pedestrians in four modalities."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from reidbench.tools import arguments
from reidbench.tools.files import whole_folder
from reidbench.tools.workers import process_pool
from reidbench_registry import DatasetCard, Record, Track

from .attributes import Person, person
from .captions import caption
from .drawing import draw, pose
from .rendering import CAMERAS, camera, infrared, rgb, sketch

NAME = "SyntheticPedestrians"
VERSION = 1
"""Raised whenever the same parameters give other pictures or captions"""
SPLITS = ("train", "val", "test", "unlabelled")
IMAGES = {"rgb": rgb, "ir": infrared, "sketch": sketch}
_PARALLEL = 200
"""From this number of identities on, starting a pool of processes saves time"""


@dataclass(frozen=True)
class World:
    """The parameters that decide how each identity and picture looks."""

    seed: int
    instances: int
    height: int
    width: int
    difficulty: float

    def rng(self, pid: str, *more: int) -> np.random.Generator:
        """The generator of one identity or, with `more`, of a part of it such as an instance. Which
        other identities are drawn makes no difference."""
        split, number = pid.split("-")
        return np.random.default_rng([self.seed, SPLITS.index(split), int(number), *more])

    def person(self, pid: str) -> Person:
        return person(self.rng(pid, 0))

    def camera_of(self, pid: str, instance: int) -> int:
        """The camera of an instance. Instances of one identity have different cameras, as long as
        there are enough."""
        return int(self.rng(pid, 1).permutation(CAMERAS)[instance % CAMERAS])

    def caption(self, pid: str, instance: int) -> str:
        return caption(self.person(pid).attributes, self.rng(pid, 3, instance), self.difficulty)


class SyntheticPedestrians:
    """People drawn as part-label maps; RGB, infrared, sketch and caption come from one map.

    train, val, test, unlabelled: number of identities in each split. No identity is in two splits,
        and the identities of a split do not depend on the sizes of the others.
    instances: number of moments of each identity, each in all four modalities.
    height, width: of the pictures, in pixels.
    difficulty: how much pose, camera, light, occlusion and errors in captions vary; 0: not at all.

    Pictures and captions depend on (seed, identity, instance) alone. Raises ConfigError for a wrong
    argument."""

    @classmethod
    def conformance(cls, folder: Path) -> dict[str, int]:
        """Arguments for the conformance kit: a few people."""
        return {"train": 3, "val": 2, "test": 2, "unlabelled": 1, "instances": 2}

    def __init__(
        self,
        seed: int = 0,
        train: int = 200,
        val: int = 100,
        test: int = 200,
        unlabelled: int = 0,
        instances: int = 4,
        height: int = 64,
        width: int = 32,
        difficulty: float = 1.0,
    ) -> None:
        self._sizes = {"train": train, "val": val, "test": test, "unlabelled": unlabelled}
        least = {"seed": 0, **dict.fromkeys(SPLITS, 0), "instances": 1, "height": 16, "width": 16}
        given = {"seed": seed, **self._sizes, "instances": instances, "height": height,
                 "width": width}  # fmt: skip
        for name, value in given.items():
            arguments.integer(NAME, name, value, least[name])
        arguments.number(NAME, "difficulty", difficulty, 0)
        self.world = World(seed, instances, height, width, float(difficulty))
        parameters = {"version": VERSION, **asdict(self.world), **self._sizes}
        digest = hashlib.sha256(json.dumps(parameters, sort_keys=True).encode()).hexdigest()
        self.card = DatasetCard(
            name=NAME,
            revision=f"{VERSION}-{digest[:12]}",
            licence="Apache-2.0",
            citation="reidbench, synthetic pedestrians",
            modalities=("rgb", "ir", "sketch", "text"),
            synthetic=True,
            description=(Path(__file__).parent / "CARD.md").read_text(encoding="utf-8"),
        )

    def prepare(self, cache: Path, track: Track) -> Sequence[Record]:
        """The index. Identities whose pictures are not all in `cache` are drawn, each into its own
        folder, which appears when it is complete."""
        pids = [f"{split}-{i:04d}" for split, n in self._sizes.items() for i in range(n)]
        missing = [pid for pid in pids if not self._is_drawn(cache / pid)]
        if missing:
            jobs = [(self.world, pid, cache / pid) for pid in missing]
            if len(jobs) < _PARALLEL:
                drawn = map(_draw_person, jobs)
                for _ in track(drawn, "drawing pedestrians", len(jobs)):
                    pass
            else:
                with process_pool(os.cpu_count() or 1) as pool:
                    drawn = pool.map(_draw_person, jobs, chunksize=16)
                    for _ in track(drawn, "drawing pedestrians", len(jobs)):
                        pass
        return [record for pid in pids for record in self._records(pid, cache / pid)]

    def _is_drawn(self, folder: Path) -> bool:
        if not folder.is_dir():
            return False
        there = {path.name for path in folder.iterdir()}
        wanted = (f"{i}-{m}.png" for i in range(self.world.instances) for m in IMAGES)
        return there.issuperset(wanted)

    def _records(self, pid: str, folder: Path) -> list[Record]:
        records = []
        attributes = self.world.person(pid).attributes
        for instance in range(self.world.instances):
            name = f"{pid}-{instance}"
            common = {
                "dataset": NAME,
                "split": pid.split("-")[0],
                "pid": pid,
                "camera_id": str(self.world.camera_of(pid, instance)),
                "instance_id": name,
                "extras": {"attributes": attributes},
            }
            for modality in IMAGES:
                path = folder / f"{instance}-{modality}.png"
                records.append(Record(f"{name}-{modality}", modality=modality, path=path, **common))
            text = self.world.caption(pid, instance)
            records.append(
                Record(f"{name}-text", modality="text", text=text, caption_idx=0, **common)
            )
        return records


def _draw_person(job: tuple[World, str, Path]) -> None:
    """Write the pictures of all instances of one identity into its folder."""
    world, pid, folder = job
    who = world.person(pid)
    shutil.rmtree(folder, ignore_errors=True)  # one that lacks pictures
    with whole_folder(folder) as part:
        for instance in range(world.instances):
            rng = world.rng(pid, 2, instance)
            labels = draw(who, pose(rng, world.difficulty), world.height, world.width)
            seen_by = camera(world.camera_of(pid, instance), world.seed, world.difficulty)
            pictures = {
                "rgb": rgb(labels, who, seen_by, rng, world.difficulty),
                "ir": infrared(labels, who, seen_by, rng, world.difficulty),
                "sketch": sketch(labels, rng, world.difficulty),
            }
            for modality, picture in pictures.items():
                picture.save(part / f"{instance}-{modality}.png", compress_level=1)
