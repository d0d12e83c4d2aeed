"""Records in the schema of Every Eval Ever, a shared data base of evaluation results.

Followed: `eval.schema.json`, version 0.3.0 (https://github.com/evaleval/every_eval_ever, MIT).
One record for an entry, a benchmark and a status; each holds a result for every task, mode and
metric. What the schema cannot say, and where it stands instead:

- status: `source_type` parts figures with outputs behind them (rescored, reproduced) from
  figures alone (submitted, reported), `evaluator_relationship` says who measured. The word itself
  is in `source_metadata.additional_details.status`;
- a retrieval task (query, gallery, identity of the protocol): `source_data.additional_details`;
- ranks, conditions, bracket of ties, seeds, last step, private part: `score_details.details`,
  where all values are strings;
- data that a model was trained on, and its cost: `model_info.additional_details`;
- the query model and the gallery model of a mode may differ: `model_info` is the entry as a whole,
  and the mode is part of a result's name;
- files per query: the schema's are made for questions with answers, so none is written.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from hashlib import sha256
from typing import Any
from uuid import UUID

from ...tools.terminal import safe
from .board import STATUS, Board, remarks
from .escape import address, slug

VERSION = "0.3.0"

_SOURCE = {
    "reproduced": ("evaluation_run", "third_party"),
    # The author made the embeddings, the maintainers the figures.
    "rescored": ("evaluation_run", "collaborative"),
    "submitted": ("documentation", "first_party"),
    # A paper's tables hold its own method and others': who measured is not known.
    "reported": ("documentation", "other"),
}
_KINDS = {"mAP": "mean_average_precision", "mINP": "mean_inverse_negative_penalty"}


def records(board: Board, retrieved: int | None = None) -> dict[str, dict[str, Any]]:
    """Relative path, as the data base lays it out -> record.

    retrieved: the time of the records, in seconds since 1970; default now. With the same value the
    same board gives the same files.
    """
    moment = str(int(time.time()) if retrieved is None else retrieved)
    groups: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for row in board["rows"]:
        key = (row["entry"], row["benchmark"] or row["dataset"], row["status"])
        groups.setdefault(key, []).append(row)
    benchmarks = {benchmark["name"]: benchmark for benchmark in board["benchmarks"]}
    found = {}
    for key, rows in groups.items():
        entry, collection, _ = key
        model = f"{slug(board['title'])}/{slug(entry)}"
        # Version 4 by its bits, as the data base asks, but from the names: a board that is built
        # again replaces its files.
        digest = sha256(json.dumps([board["title"], *key]).encode()).digest()
        name = UUID(bytes=digest[:16], version=4)
        path = f"data/{slug(collection)}/{model}/{name}.json"
        found[path] = {
            "schema_version": VERSION,
            "evaluation_id": f"{slug(collection)}/{model}/{rows[0]['status']}/{moment}",
            "retrieved_timestamp": moment,
            "source_metadata": _source(board, rows[0]),
            "eval_library": _library(board, rows[0]),
            "model_info": _model(rows[0], model),
            "evaluation_results": [
                result
                for row in rows
                for result in _results(row, benchmarks.get(row["benchmark"]), collection)
            ],
        }
    return found


def _source(board: Board, row: dict[str, Any]) -> dict[str, Any]:
    kind, relation = _SOURCE[row["status"]]
    return {
        "source_name": safe(board["title"]),
        "source_type": kind,
        "source_organization_name": safe(board["title"]),
        "evaluator_relationship": relation,
        "additional_details": _strings(
            status=row["status"], meaning=STATUS[row["status"]], publication=row["source"]
        ),
    }


def _library(board: Board, row: dict[str, Any]) -> dict[str, str]:
    if row["status"] == "reported":
        return {"name": "unknown", "version": "unknown"}
    # A submitted record may be older than the reidbench that built the board.
    version = "unknown" if row["status"] == "submitted" else board["reidbench"]
    return {"name": "reidbench", "version": version}


def _model(row: dict[str, Any], name: str) -> dict[str, Any]:
    # The id is a name on this leaderboard. An author's link to a model elsewhere is a claim:
    # taken as id, anybody could put figures under another's model.
    details = {"deployment_type": "unknown", "model_availability": "unknown"}
    details |= _strings(
        entry=row["entry"],
        url=address(row["url"]),
        description=row["description"],
        trained_on=row["training"]["declared"],
        trained_on_data_of_the_test=row["training"]["overlaps"],
    )
    developer = {"developer": safe(row["authors"])} if row["authors"] else {}
    return {"name": safe(row["title"]), "id": name, **developer, "additional_details": details}


def _results(
    row: dict[str, Any], benchmark: dict[str, Any] | None, collection: str
) -> Iterator[dict[str, Any]]:
    tasks = {task["identity"]: task for task in benchmark["tasks"]} if benchmark else {}
    task = tasks.get(row["identity"])
    name = "/".join(safe(part) for part in (collection, row["task"], row["mode"]) if part)
    for metric, value in row["metrics"].items():
        yield {
            "evaluation_result_id": f"{name}/{safe(metric)}",
            "evaluation_name": name,
            "source_data": _data(row, benchmark),
            "metric_config": _metric(metric),
            "score_details": {
                "score": value,
                "details": _details(row, metric),
                **_uncertainty(row, metric, task),
            },
        }


def _data(row: dict[str, Any], benchmark: dict[str, Any] | None) -> dict[str, Any]:
    about = {}
    if benchmark:
        about = {k: benchmark[k] for k in ("revision", "licence", "synthetic", "fingerprint")}
    details = _strings(
        task=row["task"],
        query=row["query"],
        gallery=row["gallery"],
        identity=row["identity"],
        **about,
    )
    name = safe(row["dataset"])
    return {"dataset_name": name, "source_type": "other", "additional_details": details}


def _metric(name: str) -> dict[str, Any]:
    config: dict[str, Any] = {
        "metric_id": f"reidbench.{safe(name)}",
        "metric_name": safe(name),
        "metric_unit": "proportion",
        "lower_is_better": False,
        "score_type": "continuous",
        "min_score": 0,
        "max_score": 1,
    }
    if name[:1] == "R" and name[1:].isdecimal():
        config |= {"metric_kind": "cmc", "metric_parameters": {"k": int(name[1:])}}
    elif name in _KINDS:
        config["metric_kind"] = _KINDS[name]
    return config


def _details(row: dict[str, Any], metric: str) -> dict[str, str]:
    private = row["private"] or {}
    # Step or seed with its figure, where it has one.
    last = [(row["last"]["step"], row["last"]["metrics"])] if row["last"] else []
    seeds = [(one["seed"], one["metrics"]) for one in row["per_seed"]]
    return _strings(
        status=row["status"],
        mode=row["mode"],
        rank=row["rank"].get(metric),
        bracket_of_ties=row["bracket"].get(metric),
        seeds=[f"{seed}: {values[metric]}" for seed, values in seeds if metric in values],
        last_step=[f"{step}: {values[metric]}" for step, values in last if metric in values],
        conditions="; ".join(remarks(row, metric)),
        **{f"private_{key}": private[key].get(metric) for key in private},
        **{f"cost_{key}": amount for key, amount in row["cost"].items()},
    )


def _uncertainty(
    row: dict[str, Any], metric: str, task: dict[str, Any] | None
) -> dict[str, dict[str, Any]]:
    interval = row["interval"].get(metric)
    if not interval:
        return {}
    between = {
        "lower": interval[0],
        "upper": interval[1],
        "confidence_level": 0.95,
        "method": "percentile bootstrap over identities",
    }
    number = {"num_samples": task["n_valid"]} if task else {}
    return {"uncertainty": {"confidence_interval": between, **number}}


def _strings(**values: Any) -> dict[str, str]:
    """What is known, as the schema wants it: strings only."""
    known = {key: value for key, value in values.items() if value not in (None, "", [])}
    return {key: _string(value) for key, value in known.items()}


def _string(value: Any) -> str:
    if isinstance(value, str):
        return safe(value, 2000)
    return safe("; ".join(map(str, value)) if isinstance(value, list) else value, 2000)
