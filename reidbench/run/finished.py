"""A finished run, read from its folder: what its report is made from."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from reidbench_registry import (
    DataError,
    Owner,
    ReidbenchError,
    ReportSection,
    RunInfo,
    RunResult,
    Task,
)

from .. import config
from ..config.modes import MODES
from ..embeddings import Embeddings
from ..embeddings.embeddings import FEATURES
from ..evaluation.chosen import choose
from ..evaluation.scoring import Pair
from ..pluginhost import PluginHost
from ..report.inputs import Inputs, Pictures
from ..results.record import ResultRecord
from ..results.verify import read_verified
from ..tools.guarded import RECORD, read_json
from ..tools.manifest import read_manifest
from .folder import read_marker
from .models import PLACES, bank_of
from .pipeline import STAGES

Sections = Sequence[tuple[Owner, ReportSection]]
LOG = "log.jsonl"


def read_finished(
    folder: Path, label: str, host: PluginHost, sections: Sections | None = None
) -> Inputs:
    """What a report needs of the run in `folder`. `sections`: what its plugins add; None: they are
    asked.

    Raises DataError for a folder that is no finished run, or whose files do not belong together.
    What else is gone (a model's bank, the log, a task that no plugin has any more) is a line of
    `missing`."""
    read_marker(folder)
    record, per_query = read_verified(folder)
    written = config.load(folder / "config.json")
    missing: list[str] = []
    name = folder.resolve().name
    if sections is None:
        sections = ask(folder, record, written, host, missing.append)
    banks = _banks(folder, label, written, missing)
    log = folder / LOG
    environment = folder / "environment.json"
    return Inputs(
        label=label,
        path=folder,
        name=name,
        record=record,
        per_query=per_query,
        records=read_manifest(folder / "data" / "index.json", record.dataset.name),
        tasks=_tasks(label, written, record, host, missing),
        pairs={
            mode: Pair(banks[MODES[mode].query], banks[MODES[mode].gallery])
            for mode in {row.mode: None for row in record.scores}
            if mode in MODES and MODES[mode].possible_with(banks)
        },
        banks=banks,
        config=written,
        environment=read_json(environment) if environment.is_file() else None,
        log=log if log.is_file() else None,
        training={
            stage.name: read_json(path, RECORD)
            for stage in STAGES
            if (path := folder / stage.name / "training.json").is_file()
        },
        sections=sections,
        pictures=Pictures(),
        missing=missing,
    )


def ask(
    folder: Path,
    record: ResultRecord,
    written: dict[str, Any],
    host: PluginHost,
    tell: Callable[[str], None],
) -> Sections:
    """The sections that plugins add to the report of a run; `tell` gets a line for each that
    fails."""
    seed = record.seed or 0
    info = RunInfo(folder.resolve().name, folder, seed, json.loads(json.dumps(written)))
    result = RunResult(info, record.as_json())
    return host.call("reidbench_add_report_section", tell, ReportSection, result=result)


def _banks(
    folder: Path, label: str, written: dict[str, Any], missing: list[str]
) -> dict[str, Embeddings]:
    """Model -> its embeddings, of them the dimensions that were scored."""
    dim = (written.get("evaluation") or {}).get("dim")
    banks = {}
    for model, place in PLACES.items():
        if not (folder / place / FEATURES).is_file():
            continue
        try:
            banks[model] = bank_of(folder, model, dim)
        except DataError as error:
            missing.append(f"run {label}: {error}")
    return banks


def _tasks(
    label: str,
    written: dict[str, Any],
    record: ResultRecord,
    host: PluginHost,
    missing: list[str],
) -> list[Task]:
    """The tasks that were scored, those that still mean what they meant."""
    try:
        evaluation = config.resolve_trained(written, host).evaluation
        tasks = choose(host, "protocol", evaluation.protocol, ()).tasks
    except ReidbenchError as error:
        missing.append(f"run {label}: its tasks are not known here: {error}")
        return []
    scored = {
        row.identity.task.name: row.identity.task.model_dump(mode="json", exclude_unset=True)
        for row in record.scores
    }
    kept = []
    for task in tasks:
        if task.name not in scored:
            missing.append(f"run {label}: task {task.name} was not scored")
        elif json.loads(json.dumps(task.describe())) != scored[task.name]:
            missing.append(f"run {label}: task {task.name} is another one by now")
        else:
            kept.append(task)
    return kept
