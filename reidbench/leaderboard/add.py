"""Runs of reidbench, or embeddings of any model, as a submission."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from reidbench_registry import ConfigError, DataError, Record

from ..config.modes import MODES
from ..embeddings import Embeddings
from ..embeddings.files import read_embeddings
from ..evaluation.scoring import Pair
from ..results import origin, provenance
from ..results import record as records
from ..results.differences import differences
from ..results.record import ResultRecord
from ..run.folder import MARKER, read_marker
from ..run.models import bank_of
from ..tools.digests import file_digest
from ..tools.files import whole_folder, write_json
from ..tools.guarded import read_json
from ..tools.tensors import save_tensors
from ..tools.terminal import quoted
from .benchmark import Benchmark
from .claims import SAME, check_form
from .intake import take_in
from .repository import level_of, write_level
from .rescore import rescore
from .submission import CONFIG, FILE, RECORD, SUFFIX, SubmissionFile

SAME_RUNS = ("run.seed", "run.name")
"""In these keys of their configs, runs of one entry may differ."""
SIDES = ("query", "gallery")
DTYPES = {"fp16": torch.float16, "fp32": torch.float32}


@dataclass(frozen=True)
class About:
    """What the submitter says about an entry."""

    entry: str
    title: str
    authors: str | None = None
    url: str | None = None
    description: str | None = None


@dataclass(frozen=True)
class Source:
    """One seed of an entry."""

    seed: int | None
    pairs: Mapping[str, Pair]
    """mode -> embeddings"""
    names: Mapping[str, tuple[str, str]]
    """mode -> names of the models that embed queries and gallery"""
    conditions: Mapping[str, Any]
    """mode -> its conditions, as in a record"""
    record: ResultRecord | None = None
    """of a run"""
    config: Any = None
    """of a run"""


def from_run(folder: Path, modes: Sequence[str] | None) -> Source:
    """A finished run in some of its modes. Raises DataError for what is none, ConfigError for a
    mode that it does not have."""
    if not (folder / MARKER).is_file():
        raise DataError(f"{folder}: no run folder ({MARKER})")
    read_marker(folder)
    record = records.read(folder)
    known = list(record.conditions)
    if unknown := [m for m in modes or () if m not in known]:
        raise ConfigError(f"{folder} has no mode {unknown[0]!r} (modes: {', '.join(known)})")
    chosen = {m: MODES[m] for m in modes or known}
    models = {name for mode in chosen.values() for name in mode.models}
    dim = next((c.dim for m in chosen if (c := record.conditions[m].query) is not None), None)
    banks = {name: bank_of(folder, name, dim) for name in sorted(models)}
    # Where the models are another run's, this config alone does not make them.
    config = read_json(folder / "config.json") if record.source is None else None
    return Source(
        record.seed,
        {m: Pair(banks[mode.query], banks[mode.gallery]) for m, mode in chosen.items()},
        {m: (mode.query, mode.gallery) for m, mode in chosen.items()},
        {m: record.conditions[m].model_dump(mode="json") for m in chosen},
        record,
        config,
    )


def from_files(
    query: Path,
    gallery: Path | None,
    mode: str,
    seed: int | None,
    selection: str | None,
    augmentation: str | None,
) -> Source:
    """Embeddings from files, in the formats of `reidbench score`, with what their author says."""
    asked = read_embeddings(query).embeddings
    answered = read_embeddings(gallery).embeddings if gallery else asked
    names = {mode: ("query", "gallery") if gallery else ("model", "model")}
    model = {"neck": None, "tap": None, "selection": selection}
    conditions = {
        "query": model,
        "gallery": model,
        "precision": None,
        "test_time_augmentation": augmentation,
        "re_ranking": None,
    }
    return Source(seed, {mode: Pair(asked, answered)}, names, {mode: conditions})


def add(
    benchmark: Benchmark,
    folder: Path,
    sources: Sequence[Source],
    about: About,
    dtype: str | None,
    trained_on: Sequence[str] = (),
) -> list[str]:
    """Write the submission `folder`, whole or not at all; returns lines that its author should
    read.

    The claimed figures are those of the files that are written. Raises DataError for sources that
    do not fit the benchmark, ConfigError for runs that are not one entry."""
    if folder.exists():
        raise ConfigError(f"{folder} exists: choose another --entry, or delete it first")
    _check_alike(sources)
    with whole_folder(folder) as part:
        files, scores = _write_files(benchmark, part, sources, dtype)
        given = level_of(
            SubmissionFile,
            {"schema": 1, **vars(about), "benchmark": benchmark.about.name}
            | {"files": files, "scores": scores},
        )
        write_level(part / FILE, given)
        if all(source.config is not None for source in sources):
            write_json(part / CONFIG, sources[0].config)
        lines = _claim(benchmark, part, given, sources, trained_on)
    return lines


def _check_alike(sources: Sequence[Source]) -> None:
    """Raises ConfigError for seeds that cannot be told apart, and for runs of different configs."""
    seeds = [source.seed for source in sources]
    if len(set(seeds)) < len(seeds):
        raise ConfigError(f"seed {seeds[0]} occurs more than once: an entry has one run for each")
    first = sources[0]
    for other in sources[1:]:
        if list(other.pairs) != list(first.pairs):
            raise ConfigError(f"seed {other.seed} has other modes than seed {first.seed}")
        changed = differences(first.config or {}, other.config or {})
        names = [name for name in changed if name not in SAME_RUNS]
        if names:
            a, b = (quoted(value, 60) for value in changed[names[0]])
            raise ConfigError(
                f"seed {first.seed} and seed {other.seed} are not runs of one config: {names[0]} "
                f"is {a} and {b}"
            )


def _write_files(
    benchmark: Benchmark, folder: Path, sources: Sequence[Source], dtype: str | None
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """One file for each model and seed, with the items that its modes need; returns `files` and
    `scores` of `submission.json`."""
    needed = {side: _needed(benchmark, side) for side in SIDES}
    files: dict[str, Any] = {}
    scores = []
    for source in sources:
        end = SUFFIX if source.seed is None else f"-seed{source.seed}{SUFFIX}"
        wanted: dict[str, set[str]] = {}
        embeddings: dict[str, Embeddings] = {}
        for mode, pair in source.pairs.items():
            names = {side: f"{m}{end}" for side, m in zip(SIDES, source.names[mode], strict=True)}
            for side, of_side in zip(SIDES, pair, strict=True):
                wanted.setdefault(names[side], set()).update(needed[side])
                embeddings[names[side]] = of_side
            scores.append({"seed": source.seed, "mode": mode, **names})
        for name, items in wanted.items():
            files[name] = _write(folder / name, embeddings[name], items, dtype)
    return files, scores


def _needed(benchmark: Benchmark, side: str) -> set[str]:
    """Items that the tasks ask for, and all of the private part."""
    items = set(benchmark.private_ids)
    for task in benchmark.tasks.values():
        select = getattr(task, side)
        for record in filter(select, benchmark.records):
            items |= {record.item_id, *record.members}
    return items


def _write(
    path: Path, embeddings: Embeddings, wanted: set[str], dtype: str | None
) -> dict[str, Any]:
    """Write the wanted items, sorted by id; returns what `submission.json` declares of the file."""
    ids = sorted(wanted & embeddings.row.keys())
    if not ids:
        raise DataError(
            f"none of {len(embeddings.item_ids)} embedded items is one of the benchmark's: "
            f"{quoted(embeddings.item_ids[0])} is embedded, {quoted(min(wanted))} is asked for"
        )
    features = embeddings.features[torch.tensor([embeddings.row[i] for i in ids])]
    features = features.to(DTYPES[dtype]) if dtype else features
    if not features.isfinite().all():
        raise DataError("the features are too large for --dtype fp16")
    save_tensors(path, {"features": features}, {"item_ids": json.dumps(ids, ensure_ascii=False)})
    return {
        "sha256": file_digest(path),
        "bytes": path.stat().st_size,
        "shape": list(features.shape),
        "dtype": str(features.dtype).removeprefix("torch."),
    }


def _claim(
    benchmark: Benchmark,
    folder: Path,
    given: SubmissionFile,
    sources: Sequence[Source],
    trained_on: Sequence[str],
) -> list[str]:
    """Score the files that were written, and write `record.json`."""
    claimed, lines = [], []
    for task in benchmark.tasks.values():
        for mode, pair in sources[0].pairs.items():
            asked = [r for r in benchmark.records if task.query(r)]
            answered = [r for r in benchmark.records if task.gallery(r)]
            if any(_has(pair.query, r) for r in asked) and any(
                _has(pair.gallery, r) for r in answered
            ):
                claimed.append((task.name, mode))
            else:
                lines.append(f"{task.name}, {mode}: not answered, no embeddings for it")
    if not claimed:
        raise DataError("the embeddings answer none of the benchmark's tasks")
    found = rescore(benchmark, given, folder, claimed)
    for source in sources:
        lines += _moved(source, found.rows)
    record = _record(benchmark, sources, found.rows, trained_on)
    records.write(folder / RECORD, record)
    take_in(folder, benchmark.about, given.entry)
    if problems := check_form(record, given, benchmark):
        raise DataError(problems[0])
    return lines


def _has(embeddings: Embeddings, record: Record) -> bool:
    return all(item in embeddings.row for item in embeddings.items_of(record))


def _moved(source: Source, rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """A line when figures of a run's own result are not those of the submitted files: fp16 rounds.
    Raises DataError when they do not mean the same."""
    if source.record is None:
        return []
    of_run = {(r.identity.task.name, r.mode): r for r in source.record.scores}
    gaps: dict[str, float] = {}
    for row in rows:
        task, mode = row["identity"]["task"]["name"], row["mode"]
        mine = next((s for s in row["per_seed"] if s["seed"] == source.seed), row)
        theirs = of_run.get((task, mode))
        if theirs is None:
            continue
        if theirs.identity.hash != row["identity"]["hash"]:
            raise DataError(
                f"{source.record.run}: its {task} is not the benchmark's (another data set, split, "
                "exclusion or gallery)"
            )
        for name, (low, high) in mine["bracket"].items():
            value = theirs.metrics.get(name)
            if value is not None and not low - SAME <= value <= high + SAME:
                gaps[f"{task}, {mode}, {name}"] = abs(value - mine["metrics"][name])
    if not gaps:
        return []
    most = max(gaps, key=lambda name: gaps[name])
    return [
        f"{source.record.run}: {len(gaps)} figures of the stored features are not those of "
        f"the run's result, by at most {100 * gaps[most]:.3f} points ({most})"
    ]


def _record(
    benchmark: Benchmark,
    sources: Sequence[Source],
    rows: list[dict[str, Any]],
    trained_on: Sequence[str],
) -> ResultRecord:
    modes = list(sources[0].pairs)
    declared = [origin.declared(name) for name in trained_on]
    base: dict[str, Any] = {
        "run": None,
        "reidbench": provenance.version(),
        "seed": sources[0].seed if len(sources) == 1 else None,
        "status": "submitted",
        "protocol": benchmark.about.protocol,
        "dataset": benchmark.about.dataset.model_dump(mode="json"),
        "source": None,
        "conditions": dict(sources[0].conditions),
        "scores": rows,
        "trained_on": declared,
        "cost": {m: origin.unknown_cost(p.gallery.dim) for m, p in sources[0].pairs.items()},
        "components": [],
        "stages": {},
        "environment": None,
    }
    first = sources[0].record
    if first is not None:
        given = first.as_json()
        for name in ("reidbench", "components", "environment"):
            base[name] = given[name]
        base["cost"] |= {mode: given["cost"][mode] for mode in modes if mode in given["cost"]}
        base["trained_on"] = given["trained_on"] + declared
        if len(sources) == 1:
            base["run"], base["stages"] = given["run"], given["stages"]
        _add_last_steps(rows, [s.record for s in sources if s.record is not None])
    return records.build(**base)


def _add_last_steps(rows: list[dict[str, Any]], given: Sequence[ResultRecord]) -> None:
    """Beside figures of selected weights, those of the last step: the mean over the runs."""
    for row in rows:
        key = row["identity"]["task"]["name"], row["mode"]
        last = [
            r.last for record in given for r in record.scores
            if (r.identity.task.name, r.mode) == key and r.last is not None
        ]  # fmt: skip
        if len(last) == len(given) and len({one.step for one in last}) == 1:
            names = last[0].metrics
            means = {n: float(np.mean([one.metrics[n] for one in last])) for n in names}
            row["last"] = {"step": last[0].step, "metrics": means}
