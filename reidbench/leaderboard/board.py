"""All results of a leaderboard as one plain value, from which page, README and tables are made.

Rows are ranked within one benchmark, task and mode, never across: the identity of the task is the
same in all of them. Reported figures have no rank.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reidbench_registry import DataError

from ..results import provenance
from ..results.record import ResultRecord
from . import reported, verified
from .benchmark import Benchmark
from .ranking import ranks
from .repository import Repository
from .rescore import Key
from .verified import Figures, Verified

SAME_SCORE = 1e-9


def board(repository: Repository) -> dict[str, Any]:
    """Title, benchmarks and rows. Raises DataError for results that do not belong to a benchmark
    here, or that were scored by another manifest."""
    settings = repository.settings
    benchmarks = {
        name: Benchmark.read(repository.benchmark(name)) for name in repository.benchmarks()
    }
    results = _results(repository, benchmarks)
    rows: list[dict[str, Any]] = []
    for name, benchmark in benchmarks.items():
        rows += _rows_of(repository, benchmark, results.get(name, {}))
    rows += [_reported(row) for row in reported.read(repository.root / reported.FILE)]
    return {
        "schema": 1,
        "title": settings.title,
        "description": settings.description,
        "reidbench": provenance.version(),
        "benchmarks": [_benchmark(b, rows) for b in benchmarks.values()],
        "rows": rows,
    }


Result = tuple[Verified, Figures]


def _results(
    repository: Repository, benchmarks: Mapping[str, Benchmark]
) -> dict[str, dict[str, Result]]:
    """benchmark -> entry -> its result"""
    found: dict[str, dict[str, Result]] = {}
    for entry in repository.results():
        path = repository.result(entry)
        one = verified.read(path)
        if one.entry != entry or one.benchmark not in benchmarks:
            raise DataError(f"{path}: it is of entry {one.entry}, benchmark {one.benchmark}")
        benchmark = benchmarks[one.benchmark]
        if one.manifest != benchmark.about.manifest:
            raise DataError(f"{path}: it was scored by another manifest; verify the entry again")
        figures = verified.read_figures(path, one, benchmark.queries)
        found.setdefault(one.benchmark, {})[entry] = one, figures
    return found


def _rows_of(
    repository: Repository, benchmark: Benchmark, results: Mapping[str, Result]
) -> list[dict[str, Any]]:
    """The rows of a benchmark: task by task, mode by mode, the best mAP first."""
    keys: dict[Key, list[str]] = {}
    for entry, (one, _) in results.items():
        for row in one.record.scores:
            keys.setdefault((row.identity.task.name, row.mode), []).append(entry)
    flags = twins({entry: one for entry, (one, _) in results.items()})
    rows = []
    for key in sorted(keys, key=lambda k: (list(benchmark.tasks).index(k[0]), k[1])):
        entries = keys[key]
        pids = benchmark.queries[key[0]]
        names = list(results[entries[0]][1][key])
        rank = {n: ranks({e: results[e][1][key][n] for e in entries}, pids) for n in names}
        private = _private({e: results[e][0] for e in entries}, key, rank)
        made = [
            _row(benchmark, results[entry][0], key)
            | {
                "rank": {n: rank[n][entry] for n in names},
                "private": private.get(entry),
                "flags": flags.get((entry, key[1]), []),
                "record": repository.result(entry).relative_to(repository.root).as_posix(),
            }
            for entry in entries
        ]
        order = "mAP" if "mAP" in names else names[0]
        rows += sorted(made, key=lambda r: (-r["metrics"][order], r["entry"]))
    return rows


def _private(
    results: Mapping[str, Verified], key: Key, public: Mapping[str, Mapping[str, int]]
) -> dict[str, Any]:
    """entry -> figures on the private part, and how many places it loses there. Ranks on both sides
    are plain places among the entries that have private figures."""
    hidden = {
        entry: row.metrics
        for entry, one in results.items()
        for row in one.private or ()
        if (row.task, row.mode) == key
    }
    found: dict[str, Any] = {e: {"metrics": m, "rank": {}, "delta": {}} for e, m in hidden.items()}
    shown = {
        entry: row.metrics
        for entry in hidden
        for row in results[entry].record.scores
        if (row.identity.task.name, row.mode) == key
    }
    for metric in public:
        before, after = _places(shown, metric), _places(hidden, metric)
        for entry in hidden:
            found[entry]["rank"][metric] = after[entry]
            found[entry]["delta"][metric] = after[entry] - before[entry]
    return found


def _places(figures: Mapping[str, Mapping[str, float]], metric: str) -> dict[str, int]:
    """entry -> 1 + the number of entries that are better"""
    values = {entry: of[metric] for entry, of in figures.items()}
    return {e: 1 + sum(other > v for other in values.values()) for e, v in values.items()}


def twins(results: Mapping[str, Verified]) -> dict[tuple[str, str], list[str]]:
    """(entry, mode) -> lines about entries that may be the same model: equal features of the
    queries, or every figure equal to the last digit."""
    found: dict[tuple[str, str], list[str]] = {}
    entries = sorted(results)
    for place, first in enumerate(entries):
        for second in entries[place + 1 :]:
            for mode, digest in results[first].digests.items():
                if mode not in results[second].digests:
                    continue
                if digest == results[second].digests[mode]:
                    words = "the same query features as {}"
                elif _same_figures(results[first].record, results[second].record, mode):
                    words = "the same figures as {}, to the last digit"
                else:
                    continue
                found.setdefault((first, mode), []).append(words.format(second))
                found.setdefault((second, mode), []).append(words.format(first))
    return found


def _same_figures(first: ResultRecord, second: ResultRecord, mode: str) -> bool:
    rows = [
        {r.identity.task.name: r.metrics for r in record.scores if r.mode == mode}
        for record in (first, second)
    ]
    common = rows[0].keys() & rows[1].keys()
    return bool(common) and all(
        abs(value - rows[1][task].get(name, -1)) <= SAME_SCORE
        for task in common
        for name, value in rows[0][task].items()
    )


def _row(benchmark: Benchmark, one: Verified, key: Key) -> dict[str, Any]:
    (found,) = [r for r in one.record.scores if (r.identity.task.name, r.mode) == key]
    plain = found.model_dump(mode="json")
    conditions = one.record.conditions[key[1]]
    query = conditions.query
    declared = sorted({t.name for t in one.record.trained_on})
    cost = one.record.cost.get(key[1])
    return {
        "entry": one.entry,
        "title": one.title,
        "authors": one.authors,
        "url": one.url,
        "description": one.description,
        "benchmark": benchmark.about.name,
        "dataset": benchmark.about.dataset.name,
        "task": key[0],
        "query": found.identity.task.query.modality,
        "gallery": found.identity.task.gallery.modality,
        "mode": key[1],
        "identity": found.identity.hash,
        "status": one.record.status,
        **{n: plain[n] for n in ("metrics", "interval", "bracket", "per_seed", "last")},
        "conditions": {
            "selection": query.selection if query else None,
            "test_time_augmentation": conditions.test_time_augmentation,
            "re_ranking": conditions.re_ranking,
            "precision": conditions.precision,
            "dim": query.dim if query else None,
            "neck": query.neck if query else None,
            "tap": query.tap if query else None,
            "unlabelled": query.unlabelled if query else None,
            "fused": found.fused.by if found.fused else None,
            "note": None,
        },
        "training": {"declared": declared, "overlaps": overlaps(one.record, benchmark)},
        "cost": cost.model_dump(mode="json") if cost else dict.fromkeys(COST),
        "source": None,
        "collapsed": found.collapsed,
    }


COST = ("parameters", "gflops", "bytes_per_item", "query_ms")


def overlaps(record: ResultRecord, benchmark: Benchmark) -> list[str]:
    """Declared training data that overlaps with the test: data sets that the maintainer lists, and
    the splits that the tasks are over."""
    listed = {name.casefold() for name in benchmark.about.overlaps}
    tested = {side.split for t in benchmark.tasks.values() for side in (t.query, t.gallery)}
    found = []
    for data in record.trained_on:
        if data.name.casefold() in listed:
            found.append(data.name)
        elif data.name == benchmark.about.dataset.name:
            found += [f"{data.name} ({split})" for split in data.splits if split in tested]
    return sorted(set(found))


def _reported(row: Mapping[str, Any]) -> dict[str, Any]:
    query, arrow, gallery = row["task"].partition("->")
    nothing = ("benchmark", "authors", "url", "description", "mode", "identity", "private",
               "last", "record")  # fmt: skip
    conditions = ("selection", "test_time_augmentation", "re_ranking", "precision", "dim", "neck",
                  "tap", "unlabelled", "fused")  # fmt: skip
    return {
        "entry": "",
        "title": row["title"],
        "dataset": row["dataset"],
        "task": row["task"],
        "query": query,
        "gallery": gallery if arrow else None,
        "status": "reported",
        "metrics": row["metrics"],
        "interval": {},
        "bracket": {},
        "per_seed": [],
        "rank": dict.fromkeys(row["metrics"]),
        "conditions": dict.fromkeys(conditions) | {"note": row["note"]},
        "training": {"declared": [], "overlaps": []},
        "cost": dict.fromkeys(COST),
        "flags": [],
        "source": row["source"],
        "collapsed": False,
        **dict.fromkeys(nothing),
    }


def _benchmark(benchmark: Benchmark, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    about, data = benchmark.about, benchmark.about.dataset
    mine = [row for row in rows if row["benchmark"] == about.name]
    return {
        "name": about.name,
        "title": about.title,
        "description": about.description,
        "dataset": data.name,
        "revision": data.revision,
        "licence": data.licence,
        "synthetic": data.synthetic,
        "fingerprint": data.fingerprint,
        "items": len(benchmark.records),
        "private": about.private is not None,
        "metrics": list(dict.fromkeys(name for row in mine for name in row["metrics"])),
        "tasks": [
            {
                "name": name,
                "query": task.query.modality,
                "gallery": task.gallery.modality,
                "identity": benchmark.identity_of(task),
                **about.counts[name].model_dump(mode="json"),
            }
            for name, task in benchmark.tasks.items()
        ],
    }
