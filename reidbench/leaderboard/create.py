"""A new leaderboard, or a new benchmark in one."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from reidbench_registry import ConfigError, DatasetCard, Record, Task, fingerprint

from .. import config
from ..evaluation.chosen import Chosen
from ..evaluation.taskfile import task_of
from ..results import record as records
from ..results.from_files import card_of
from ..results.origin import Dataset
from ..tools.files import whole_folder
from ..tools.manifest import read_manifest
from .benchmark import make
from .repository import KEEP, SETTINGS, Repository, Settings, level_of, write_level

WORKFLOW = Path(__file__).parents[1] / "templates" / "leaderboard" / "workflow.yml.tmpl"
FOLDERS = ("benchmarks", "submissions", "results", "page")


@dataclass(frozen=True)
class Asked:
    """What a benchmark asks."""

    records: Sequence[Record]
    card: DatasetCard
    fingerprint: str
    tasks: Sequence[Task]
    metrics: Sequence[dict[str, Any]]
    protocol: str | None


def from_run(folder: Path) -> Asked:
    """The tasks of a finished run, over its data set."""
    record = records.read(folder)
    written = config.load(folder / "config.json")
    tasks = {r.identity.task.name: r.identity.task for r in record.scores}
    return Asked(
        read_manifest(folder / "data" / "index.json"),
        record.dataset.card(),
        record.dataset.fingerprint,
        [task_of(t.model_dump(mode="json", exclude_unset=True)) for t in tasks.values()],
        written["evaluation"]["metrics"],
        record.protocol,
    )


def from_manifest(manifest: Path, chosen: Chosen, metrics: Sequence[dict[str, Any]]) -> Asked:
    """Tasks over a table of items. A `card.json` beside the table is used where it fits."""
    found = read_manifest(manifest)
    card = card_of(manifest, found)
    return Asked(found, card, fingerprint(card, found), chosen.tasks, metrics, chosen.protocol)


def create(root: Path, title: str) -> Repository:
    """The folders of a leaderboard, with a workflow for pull requests. Raises ConfigError for a
    folder that holds something else."""
    if root.exists() and any(root.iterdir()) and not (root / SETTINGS).is_file():
        raise ConfigError(f"{root}: the folder is not empty, and no leaderboard")
    for name in FOLDERS:
        (root / name).mkdir(parents=True, exist_ok=True)
        if not any((root / name).iterdir()):
            (root / name / KEEP).touch()
    workflow = root / ".github" / "workflows" / "leaderboard.yml"
    if not workflow.exists():
        workflow.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(WORKFLOW, workflow)
    if not (root / SETTINGS).exists():
        write_level(root / SETTINGS, level_of(Settings, {"schema": 1, "title": title}))
    return Repository(root)


def add_benchmark(
    repository: Repository,
    name: str,
    title: str,
    asked: Asked,
    private: Path | None,
    overlaps: Sequence[str],
) -> Path:
    """Write `benchmarks/NAME`, whole or not at all. Raises ConfigError where it exists."""
    folder = repository.benchmark(name)
    if folder.exists():
        raise ConfigError(f"{folder} exists: numbers of a benchmark stay comparable, so it is not "
                          "written again; choose another --name")  # fmt: skip
    data = Dataset.model_validate(
        asdict(asked.card) | {"fingerprint": asked.fingerprint}, strict=False
    )
    about = {
        "title": title,
        "dataset": data.model_dump(mode="json"),
        "protocol": asked.protocol,
        "metrics": list(asked.metrics),
        "overlaps": list(overlaps),
    }
    with whole_folder(folder) as part:
        make(part, name, about, asked.tasks, asked.records, private)
    return folder
