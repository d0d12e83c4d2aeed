"""The parts of a board that several exports need."""

from __future__ import annotations

from typing import Any, NamedTuple

Board = dict[str, Any]
"""The JSON value that `reidbench leaderboard build` makes. Its strings may come from strangers."""

STATUS = {
    "reproduced": "the maintainers ran the configuration again",
    "rescored": "the maintainers computed the figures again, from the submitted embeddings and "
    "with their own manifest; it does not show which model made the embeddings",
    "submitted": "figures of the author's own record; nobody else has checked them",
    "reported": "copied from a paper or a README; not checked, and perhaps measured another way",
}
"""What a row's status says."""

_SELECTION = {
    "last": "last step",
    "val": "step selected on val",
    "test": "step selected on the test split",
    "untrained": "untrained",
}


class Table(NamedTuple):
    """Rows that may be compared with each other."""

    benchmark: dict[str, Any]
    task: dict[str, Any]
    mode: str | None
    """None: nobody has answered the task"""
    rows: list[dict[str, Any]]


def tables(board: Board) -> list[Table]:
    """One table for each identity and mode, best first. Reported rows are in none: their identity
    is not known."""
    groups: dict[tuple[str, str], dict[str, list[dict[str, Any]]]] = {}
    for row in board["rows"]:
        if row["status"] != "reported":
            modes = groups.setdefault((row["benchmark"], row["identity"]), {})
            modes.setdefault(row["mode"], []).append(row)
    found = []
    for benchmark in board["benchmarks"]:
        metric = leading(benchmark["metrics"])
        for task in benchmark["tasks"]:
            modes = groups.get((benchmark["name"], task["identity"]), {})
            for mode, rows in modes.items():
                rows.sort(key=lambda row: (_rank(row, metric), -row["metrics"].get(metric, -1)))
                found.append(Table(benchmark, task, mode, rows))
            if not modes:
                found.append(Table(benchmark, task, None, []))
    return found


def leading(metrics: list[str]) -> str:
    """The metric that ranks: mAP where there is one."""
    return "mAP" if "mAP" in metrics or not metrics else metrics[0]


def remarks(row: dict[str, Any], metric: str) -> list[str]:
    """What a reader must know beside a figure, in words."""
    given = row["conditions"]
    words = [_SELECTION[given["selection"]]] if given["selection"] else []
    if row["last"] and metric in row["last"]["metrics"] and given["selection"] != "last":
        words.append(f"last step: {metric} {percent(row['last']['metrics'][metric])}")
    if len(row["per_seed"]) > 1:
        words.append(f"{len(row['per_seed'])} seeds")
    if given["test_time_augmentation"]:
        words.append(f"test-time augmentation: {given['test_time_augmentation']}")
    if given["re_ranking"]:
        words.append(f"re-ranking: {given['re_ranking']}")
    if given["fused"]:
        words.append(f"fused queries: {given['fused']}")
    if given["dim"]:
        words.append(f"first {given['dim']} dimensions")
    if given["unlabelled"]:
        words.append(f"{given['unlabelled']:,} unlabelled items in training")
    if row["training"]["overlaps"]:
        words.append(f"trained on data of the test: {', '.join(row['training']['overlaps'])}")
    if row["collapsed"]:
        words.append("collapsed: many similarities are equal")
    return [*words, *row["flags"], *([given["note"]] if given["note"] else [])]


def percent(fraction: float) -> str:
    return f"{100 * fraction:.1f}"


def _rank(row: dict[str, Any], metric: str) -> float:
    rank = row["rank"].get(metric)
    return float("inf") if rank is None else rank
