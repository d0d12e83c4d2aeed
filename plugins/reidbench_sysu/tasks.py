"""The tasks of SYSU-MM01 (Wu et al., ICCV 2017, and its evaluation code).

All infrared images of the test identities (cameras 3 and 6) are queries; the gallery holds 1 or 10
visible images of each (identity, camera), drawn ten times. Cameras 2 and 3 are at one location: for
a query of camera 3 all images of camera 2 are removed, of any identity. CMC counts identities,
average precision counts images.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from reidbench.tools import arguments
from reidbench_registry import EvalProtocol, Selector, Task, Trials

Draw = Literal["official", "python-seeded"]
QUERY = ("3", "6")
GALLERIES = {"all": ("1", "2", "4", "5"), "indoor": ("1", "2")}
SHOTS = (1, 10)


def all_search(shots: int = 1, gallery: Draw = "official", trials: int = 10) -> Task:
    """Infrared queries, gallery of all four visible cameras."""
    return _task("all", shots, gallery, trials)


def indoor_search(shots: int = 1, gallery: Draw = "official", trials: int = 10) -> Task:
    """Infrared queries, gallery of the two indoor visible cameras."""
    return _task("indoor", shots, gallery, trials)


def official() -> EvalProtocol:
    """All and indoor search, 1 and 10 shots, galleries by the authors' permutations."""
    return _protocol("official", SHOTS)


def python_seeded() -> EvalProtocol:
    """All and indoor search, 1 and 10 shots, galleries by `random.seed(trial)` as in AGW and the
    code that follows it: other galleries and other numbers than the official ones."""
    return _protocol("python-seeded", SHOTS)


def _task(search: str, shots: int, gallery: Draw, trials: int) -> Task:
    arguments.one_of("SYSU-MM01", "gallery", gallery, ("official", "python-seeded"))
    return Task(
        name=f"sysu-mm01/{search}-{shots}shot-{gallery}",
        query=Selector("ir", cameras=QUERY),
        gallery=Selector("rgb", cameras=GALLERIES[search]),
        exclude="same_location_any_pid",
        cmc="identity",
        trials=Trials(trials, shots, "dataset" if gallery == "official" else "python-seeded"),
    )


def _protocol(gallery: Draw, shots: Sequence[int]) -> EvalProtocol:
    return EvalProtocol(
        f"sysu-mm01/{gallery}",
        tuple(
            {"type": f"sysu-mm01/{search}", "shots": n, "gallery": gallery}
            for search in GALLERIES
            for n in shots
        ),
    )
