"""Submitted features -> figures, by the maintainer's manifest."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch.nn import functional

from reidbench_registry import DataError, Record, Task

from ..embeddings import Embeddings
from ..embeddings.files import read_embeddings
from ..evaluation.bootstrap import intervals
from ..evaluation.scoring import Pair, Scores, score_all
from ..tools.manifest import read_manifest
from ..tools.terminal import quoted, safe
from .benchmark import Benchmark
from .submission import SubmissionFile

Key = tuple[str, str]
"""task, mode"""
_DIGEST_ROWS = 8192


class Rescored(NamedTuple):
    rows: list[dict[str, Any]]
    """as in a result record, the mean over the seeds, with `per_seed`"""
    per_query: dict[Key, dict[str, np.ndarray]]
    """task, mode -> metric -> float64[Nv], the mean over the seeds"""
    digests: dict[str, str]
    """mode -> digest of the features of its queries"""
    private: list[dict[str, Any]] | None
    """task, mode and metrics on the private part; None where it was not scored"""


def rescore(
    benchmark: Benchmark,
    submission: SubmissionFile,
    folder: Path,
    claimed: Sequence[Key],
    private: Path | None = None,
) -> Rescored:
    """Score what `claimed` names. `private` is the maintainer's table of the private part.

    Raises DataError for features that do not fit together, are not finite or belong to unknown
    items, and for items of a task that have none."""
    hidden = read_manifest(private) if private else None
    known = {r.item_id for r in benchmark.records} | set(benchmark.private_ids)
    by_seed: dict[int | None, Scores] = {}
    private_by_seed = []
    digests: dict[str, Any] = {}
    for seed in submission.seeds:
        files: dict[str, Embeddings] = {}
        pairs = {}
        for one in (s for s in submission.scores if s.seed == seed):
            for name in {one.query, one.gallery} - files.keys():
                files[name] = _read(folder / name, submission, known)
            pairs[one.mode] = Pair(files[one.query], files[one.gallery])
        chosen = [(benchmark.tasks[task], mode) for task, mode in claimed]
        _check_whole(benchmark, chosen, pairs)
        by_seed[seed] = _score(benchmark, chosen, benchmark.records, pairs)
        if hidden is not None:
            private_by_seed.append(_score(benchmark, chosen, hidden, pairs).rows)
        for mode, pair in pairs.items():
            tasks = [task for task, of in chosen if of == mode]
            items = sorted({i for r in benchmark.records if any(t.query(r) for t in tasks)
                            for i in pair.query.items_of(r)})  # fmt: skip
            digests.setdefault(mode, hashlib.sha256()).update(_digest(pair.query, items))
    rows, per_query = _merged(by_seed, benchmark)
    return Rescored(
        rows,
        per_query,
        {mode: digest.hexdigest() for mode, digest in digests.items()},
        _private(private_by_seed) if hidden is not None else None,
    )


def _read(path: Path, submission: SubmissionFile, known: set[str]) -> Embeddings:
    embeddings = read_embeddings(path).embeddings
    declared = submission.files[path.name]
    if tuple(embeddings.features.shape) != declared.shape:
        raise DataError(f"{path}: features{list(embeddings.features.shape)} are not as declared")
    if unknown := [i for i in embeddings.item_ids if i not in known]:
        raise DataError(
            f"{path}: {len(unknown)} of {len(embeddings.item_ids)} item ids are not in the "
            f"benchmark's manifest, first {quoted(unknown[0])}"
        )
    return embeddings


def _check_whole(
    benchmark: Benchmark, chosen: Sequence[tuple[Task, str]], pairs: Mapping[str, Pair]
) -> None:
    """Every item of a claimed task has a feature, those of the private part, too."""
    for task, mode in chosen:
        for side, select, embeddings in (
            ("query", task.query, pairs[mode].query),
            ("gallery", task.gallery, pairs[mode].gallery),
        ):
            wanted = [i for r in benchmark.records if select(r) for i in embeddings.items_of(r)]
            missing = [item for item in wanted if item not in embeddings.row]
            if missing:
                raise DataError(
                    f"{safe(task.name)}, {safe(mode)}: {len(missing)} items of the {side} have no "
                    f"feature, first {quoted(missing[0])}"
                )
    if benchmark.private_ids:
        embedded = {i for pair in pairs.values() for e in pair for i in e.item_ids}
        missing = [item for item in benchmark.private_ids if item not in embedded]
        if missing:
            raise DataError(
                f"{len(missing)} items of the private part have no feature, first "
                f"{quoted(missing[0])}"
            )


def _score(
    benchmark: Benchmark,
    chosen: Sequence[tuple[Task, str]],
    records: Sequence[Record],
    pairs: Mapping[str, Pair],
) -> Scores:
    fingerprint = benchmark.about.dataset.fingerprint
    return score_all(chosen, records, benchmark.card, fingerprint, pairs, benchmark.metrics)


def _merged(
    by_seed: Mapping[int | None, Scores], benchmark: Benchmark
) -> tuple[list[dict[str, Any]], dict[Key, dict[str, np.ndarray]]]:
    """One row for each task and mode: means over the seeds, the interval of the mean figure of each
    query over resampled identities."""
    first = next(iter(by_seed.values()))
    rows, per_query = [], {}
    for place, row in enumerate(first.rows):
        key = row["identity"]["task"]["name"], row["mode"]
        of_seeds = {seed: scores.rows[place] for seed, scores in by_seed.items()}
        found = [scores.per_query[key].per_query for scores in by_seed.values()]
        figures = {n: np.mean([one[n] for one in found], axis=0) for n in row["metrics"]}
        pids = [r.pid for r in first.per_query[key].queries]
        if pids != benchmark.queries.get(key[0]):
            raise DataError(
                f"{benchmark.folder}: the queries of {safe(key[0])} are not those of its manifest"
            )
        edges = intervals(figures, pids)
        rows.append(
            row
            | {
                "metrics": {n: float(v.mean()) for n, v in figures.items()},
                "interval": {n: None if np.isnan(e).any() else list(e) for n, e in edges.items()},
                "bracket": {
                    n: np.mean([r["bracket"][n] for r in of_seeds.values()], axis=0).tolist()
                    for n in figures
                },
                "collapsed": any(r["collapsed"] for r in of_seeds.values()),
                "per_seed": [
                    {"seed": seed, "metrics": r["metrics"], "bracket": r["bracket"]}
                    for seed, r in of_seeds.items()
                    if seed is not None
                ],
            }
        )
        per_query[key] = figures
    return rows, per_query


def _private(by_seed: Sequence[Sequence[Mapping[str, Any]]]) -> list[dict[str, Any]]:
    means = []
    for rows in zip(*by_seed, strict=True):
        first = rows[0]
        metrics = {n: float(np.mean([r["metrics"][n] for r in rows])) for n in first["metrics"]}
        task = first["identity"]["task"]["name"]
        means.append({"task": task, "mode": first["mode"], "metrics": metrics})
    return means


def _digest(embeddings: Embeddings, items: Sequence[str]) -> bytes:
    """Of the directions of the features, whatever their length, dtype and order in the file."""
    digest = hashlib.sha256()
    rows = [embeddings.row[item] for item in items]
    for start in range(0, len(rows), _DIGEST_ROWS):
        taken = embeddings.features[torch.tensor(rows[start : start + _DIGEST_ROWS])]
        unit = functional.normalize(taken.float(), dim=1)
        digest.update((unit * 2**12).round().to(torch.int16).numpy().tobytes())
    return digest.digest()
