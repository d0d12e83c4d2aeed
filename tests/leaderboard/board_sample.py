"""A made-up board, to test and measure its page. Names and figures of entries are invented; the
reported rows are a few published ones."""

from __future__ import annotations

import hashlib
from random import Random
from typing import Any

METRICS = ("R1", "R5", "R10", "mAP", "mINP")
QUERIES = {"ir2rgb": "ir", "sketch2rgb": "sketch", "text2rgb": "text"}
MODES = {"cloud": 0.12, "edge": 0.0, "edge-cloud": 0.05}
TITLES = (
    "Cosine distillation", "PCM", "PCM + FR", "PCM + FR, flipped queries", "No distillation",
    "Large teacher, 2 B", "Prompted text encoder", "Ein sehr langer Titel über mehrere Zeilen",
    "跨模态行人重识别 baseline",
)  # fmt: skip
REPORTED = (
    ("AGW", "ir", "SYSU-MM01", 47.50, 47.65, "python-seeded galleries", None),
    ("CAJ", "ir", "SYSU-MM01", 69.88, 66.89, "python-seeded galleries, flipped queries", "flip"),
    ("SYSU deep zero-padding", "ir", "SYSU-MM01", 16.705, 19.104, "official permutations", None),
    ("IRRA", "text", "CUHK-PEDES", 73.38, 66.13, "all captions, selected on test", None),
    ("RDE", "text", "CUHK-PEDES", 75.94, 67.56, "all captions, selected on test", None),
)


def sample(entries: int = 9, seeds: int = 3) -> dict[str, Any]:
    """A board of 18 rows for each entry (2 benchmarks, 3 tasks, 3 modes) and 5 reported rows."""
    draw = Random(0)
    benchmarks = [_benchmark("drawn", False), _benchmark("photos", True)]
    makers = [_entry(number) for number in range(entries)]
    rows: list[dict[str, Any]] = []
    for benchmark in benchmarks:
        for task in benchmark["tasks"]:
            for mode in MODES:
                rows += _ranked([
                    _row(draw, benchmark, task, entry, number, mode, seeds)
                    for number, entry in enumerate(makers)
                ])  # fmt: skip
    return {
        "schema": 1, "title": "Cross-modal person re-identification",
        "description": "Infrared, sketch and text queries against a gallery of RGB photos. "
        "A made-up board: the entries and their figures are invented.",
        "reidbench": "0.1.0", "benchmarks": benchmarks,
        "rows": rows + [_reported(*r) for r in REPORTED],
    }  # fmt: skip


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _benchmark(name: str, private: bool) -> dict[str, Any]:
    tasks = [
        {"name": task, "query": query, "gallery": "rgb", "identity": _hash(f"{name} {task}"),
         "n_query": 480, "n_valid": 478 if query == "sketch" else 480,
         "n_gallery": [96, 100, 98] if private else 480, "chance_R1": 0.0042}
        for task, query in QUERIES.items()
    ]  # fmt: skip
    return {
        "name": name, "title": {"drawn": "Drawn pedestrians"}.get(name, "Street photos"),
        "dataset": f"{name}-reid", "revision": "1", "licence": "CC-BY-4.0",
        "synthetic": not private, "fingerprint": _hash(name), "items": 1920, "private": private,
        "metrics": list(METRICS), "tasks": tasks,
    }  # fmt: skip


def _entry(number: int) -> dict[str, Any]:
    title = TITLES[number % len(TITLES)] + (f" {number}" if number >= len(TITLES) else "")
    return {
        "entry": f"entry-{number}", "title": title,
        "authors": None if number % 5 == 4 else f"Author {number}, A. N. Other and 3 more",
        "url": "https://example.org/entry" if number % 2 else None,
        "description": "Student with one projection for each modality." if number % 3 else None,
        "training": {"declared": [[], ["drawn-reid"], ["LAION-2B", "PKU-Sketch"]][number % 3],
                     "overlaps": ["PKU-Sketch"] if number % 6 == 5 else []},
    }  # fmt: skip


def _around(draw: Random, value: float, by: float) -> float:
    return min(max(value + draw.gauss(0, by), 0.001), 0.999)


def _figures(draw: Random, level: float) -> dict[str, float]:
    parts = {"R1": 1.1, "R5": 1.5, "R10": 1.7, "mAP": 1.0, "mINP": 0.6}
    return {name: _around(draw, level * part, 0.01) for name, part in parts.items()}


def _row(
    draw: Random, benchmark: dict[str, Any], task: dict[str, Any], entry: dict[str, Any],
    number: int, mode: str, seeds: int,
) -> dict[str, Any]:  # fmt: skip
    metrics = _figures(draw, 0.2 + 0.02 * (number % 9) + MODES[mode])
    repeated = number % 3 == 2
    selected = number % 4 == 1
    return entry | {
        "benchmark": benchmark["name"], "dataset": benchmark["dataset"], "task": task["name"],
        "query": task["query"], "gallery": "rgb", "mode": mode, "identity": task["identity"],
        "status": ("rescored", "submitted", "reproduced")[number % 3], "metrics": metrics,
        "interval": {name: [v - 0.018, v + 0.019] for name, v in metrics.items()},
        "bracket": {name: [v, v + 0.0004 * (number % 2)] for name, v in metrics.items()},
        "per_seed": [
            {"seed": seed, "metrics": {n: _around(draw, v, 0.004) for n, v in metrics.items()}}
            for seed in range(seeds if repeated else 0)
        ],
        "last": {"step": 500, "metrics": {n: v - 0.004 for n, v in metrics.items()}}
        if selected else None,
        "private": {"metrics": _figures(draw, metrics["mAP"] - 0.01)}
        if benchmark["private"] else None,
        "conditions": {
            "selection": "val" if selected else "test" if number % 9 == 6 else "last",
            "test_time_augmentation": "flip" if number % 9 == 3 else None,
            "re_ranking": "k-reciprocal, k1 = 20" if number % 9 == 6 else None,
            "precision": "fp32", "dim": 512, "neck": "bn", "tap": "before", "unlabelled": None,
            "fused": None, "note": None,
        },
        "cost": {
            "parameters": (2_000_000_000 if mode == "cloud" else 63_400_000) + 1_000_000 * number,
            "gflops": (420.0 if mode == "cloud" else 2.9) + number / 7 if number % 4 else None,
            "bytes_per_item": 2048 * (1 + number % 3), "query_ms": 11.0 + number / 3,
        },
        "flags": ["same features as entry-0"] if number == 4 else [], "source": None,
        "record": f"results/{entry['entry']}/{benchmark['name']}.json",
        "collapsed": number == 4 and mode == "edge",
    }  # fmt: skip


def _ranked(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """With ranks, on the public and the private part: rows within 2 points share one. The real
    board finds out from the figures query by query (`reidbench.leaderboard.ranking`)."""
    for row in rows:
        row["rank"] = {name: _rank(rows, name, row["metrics"][name]) for name in METRICS}
    for row in rows:
        if private := row["private"]:
            hidden = [{"metrics": other["private"]["metrics"]} for other in rows]
            private["rank"] = {n: _rank(hidden, n, private["metrics"][n]) for n in METRICS}
            private["delta"] = {n: private["rank"][n] - row["rank"][n] for n in METRICS}
    return rows


def _rank(rows: list[dict[str, Any]], name: str, value: float) -> int:
    rank, leader = 0, 2.0
    for place, other in enumerate(sorted((r["metrics"][name] for r in rows), reverse=True), 1):
        if leader - other > 0.02:
            rank, leader = place, other
        if other <= value:
            break
    return rank


def _reported(
    title: str, query: str, dataset: str, r1: float, map_: float, note: str, augmented: str | None
) -> dict[str, Any]:
    nothing = dict.fromkeys(("benchmark", "task", "mode", "identity", "private", "last", "record"))
    return nothing | {
        "entry": None, "title": title, "authors": None, "url": None, "description": None,
        "dataset": dataset, "query": query, "gallery": "rgb", "status": "reported",
        "metrics": {"R1": r1 / 100, "mAP": map_ / 100}, "interval": {}, "bracket": {},
        "per_seed": [], "rank": {}, "training": {"declared": [], "overlaps": []}, "cost": {},
        "conditions": {"note": note, "test_time_augmentation": augmented}, "flags": [],
        "source": "authors' README", "collapsed": False,
    }  # fmt: skip
