"""What a record claims, held against what the embeddings were found to score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..results.record import ResultRecord
from ..results.rows import Row
from ..results.verify import identity_hash
from ..tools.terminal import quoted, safe
from .benchmark import Benchmark
from .rescore import Key
from .submission import SubmissionFile

SAME = 1e-9
"""Rounding of means and of JSON; near-ties are what brackets are for."""
MOST = 20
"""Mistakes that are named; a wrong file has thousands."""


def check_form(record: ResultRecord, submission: SubmissionFile, benchmark: Benchmark) -> list[str]:
    """What is wrong with a record before anything is scored."""
    wrong = []
    if record.status != "submitted":
        wrong.append(f"status is {record.status!r}: only the maintainer's check gives that")
    data, official = record.dataset, benchmark.about.dataset
    for name in ("name", "revision", "fingerprint", "synthetic"):
        if getattr(data, name) != getattr(official, name):
            wrong.append(
                f"dataset.{name} is {quoted(getattr(data, name), 80)}, the benchmark's is "
                f"{quoted(getattr(official, name), 80)}"
            )
    seeds = submission.seeds
    if record.seed != (seed := seeds[0] if len(seeds) == 1 else None):
        wrong.append(f"seed is {record.seed}, that of the embeddings is {seed}")
    seen: set[Key] = set()
    for place, row in enumerate(record.scores):
        task, where = row.identity.task.name, f"scores.{place}"
        if (task, row.mode) in seen:
            wrong.append(f"{where}: {safe(task)}, {safe(row.mode)} occurs twice")
        seen.add((task, row.mode))
        if task not in benchmark.tasks:
            wrong.append(f"{where}: {quoted(task)} is no task of the benchmark")
        elif row.identity.hash != identity_hash(row.identity):
            wrong.append(f"{where}: the hash of the identity is not that of its fields")
        if row.mode not in submission.modes:
            wrong.append(f"{where}: mode {quoted(row.mode)} has no embeddings")
        if row.mode not in record.conditions:
            wrong.append(f"{where}: mode {quoted(row.mode)} has no conditions")
    if unclaimed := set(submission.modes) - {mode for _, mode in seen}:
        wrong.append(f"mode {quoted(min(unclaimed))} has embeddings, but no score is claimed")
    return wrong[:MOST]


def check_figures(record: ResultRecord, found: Sequence[Mapping[str, Any]]) -> list[str]:
    """What a record claims and the embeddings do not give: identities, counts, and figures outside
    the bracket that near-ties leave open."""
    by_key = {(r["identity"]["task"]["name"], r["mode"]): r for r in found}
    wrong: list[str] = []
    for place, row in enumerate(record.scores):
        where = f"scores.{place} ({safe(row.identity.task.name)}, {safe(row.mode)})"
        wrong += [f"{where}: {words}" for words in _of_row(row, by_key[_key(row)])]
    return wrong[:MOST]


def _key(row: Row) -> Key:
    return row.identity.task.name, row.mode


def _of_row(row: Row, found: Mapping[str, Any]) -> list[str]:
    if row.identity.hash != found["identity"]["hash"]:
        return ["the identity is not that of the benchmark's task"]
    wrong = [
        f"{name} is {quoted(getattr(row, name), 80)}, found {quoted(found[name], 80)}"
        for name in ("n_query", "n_valid", "n_gallery")
        if getattr(row, name) != found[name]
    ]
    if row.metrics.keys() != found["metrics"].keys():
        names = ", ".join(found["metrics"])
        return [*wrong, f"the metrics are not those of the benchmark ({names})"]
    wrong += _outside("", row.metrics, found["bracket"])
    for name, edges in found["interval"].items():
        low, high = found["bracket"][name]
        room = high - low + SAME
        claimed = row.interval.get(name)
        if (claimed is None) != (edges is None):
            wrong.append(f"interval of {name}: {claimed}, found {edges}")
        elif claimed and not max(abs(a - b) for a, b in zip(claimed, edges, strict=True)) <= room:
            wrong.append(f"interval of {name} is {_pair(claimed)}, found {_pair(edges)}")
    if row.last and not (
        row.last.metrics.keys() == found["metrics"].keys()
        and all(0 <= value <= 1 for value in row.last.metrics.values())
    ):
        wrong.append("last: its figures are not those of the benchmark's metrics, from 0 to 1")
    of_seed = {one["seed"]: one for one in found["per_seed"]}
    for one in row.per_seed:
        if one.seed not in of_seed:
            wrong.append(f"per_seed: seed {one.seed} has no embeddings")
        elif one.metrics.keys() != found["metrics"].keys():
            wrong.append(f"per_seed: seed {one.seed} has other metrics")
        else:
            wrong += _outside(f"seed {one.seed}: ", one.metrics, of_seed[one.seed]["bracket"])
    return wrong


def _outside(
    where: str, claimed: Mapping[str, float], bracket: Mapping[str, Sequence[float]]
) -> list[str]:
    return [
        f"{where}{name} is {claimed[name]:.6f}, the embeddings give "
        + (f"{low:.6f}" if high - low < 5e-7 else f"{low:.6f} to {high:.6f}")
        for name, (low, high) in bracket.items()
        if not low - SAME <= claimed[name] <= high + SAME
    ]


def _pair(edges: Sequence[float]) -> str:
    return f"[{edges[0]:.6f}, {edges[1]:.6f}]"
