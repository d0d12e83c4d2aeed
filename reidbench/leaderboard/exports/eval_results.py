"""Figures for the Hugging Face Hub: `.eval_results/*.yaml` in the repository of a model.

The format (https://huggingface.co/docs/hub/eval-results) has one value for a task of a data set
that is registered on the Hub as a benchmark. What it cannot say:

- one metric only: the value is the ranking metric, in percent; the others stand in `notes`;
- no deployment mode: it is part of the task's id, `ir2rgb_edge`, so that the Hub's own
  leaderboard never mixes modes. The benchmark's `eval.yaml` must list the ids that are used;
- no interval and no shared rank: the interval stands in `notes`;
- no status: it stands in `notes`. `verifyToken` and `evaluation_framework`, with which the Hub
  shows a figure as verified, are never written: that is the Hub's word, not a leaderboard's.

Reported rows are left out: what they measured is not known, so they belong to no task.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml
from huggingface_hub import EvalResultEntry, eval_result_entries_to_yaml

from ...tools.terminal import safe
from .board import Board, Table, leading, percent, remarks, tables
from .escape import address

_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)
_UNREGISTERED = """\
# Before use: put the id of the data set on the Hub (owner/name) in the place of each dataset.id.
"""


def documents(
    board: Board, ids: Mapping[str, str] | None = None, url: str | None = None
) -> dict[str, str]:
    """Entry -> the YAML for `.eval_results/` in the repository of its model.

    ids: benchmark -> its data set on the Hub, `owner/name`; without it the data set's own name
    stands there, and a comment says that it has to be replaced.
    url: address of the leaderboard, given as the source of the figures.
    """
    entries: dict[str, list[EvalResultEntry]] = {}
    for table in tables(board):
        for row in table.rows:
            dataset = (ids or {}).get(table.benchmark["name"], safe(table.benchmark["dataset"]))
            result = _result(board, table, row, dataset, address(url))
            if result:
                entries.setdefault(row["entry"], []).append(result)
    return {name: _text(results) for name, results in entries.items()}


def _result(
    board: Board, table: Table, row: dict[str, Any], dataset: str, url: str | None
) -> EvalResultEntry | None:
    metric = leading(table.benchmark["metrics"])
    if metric not in row["metrics"]:
        return None
    revision = str(table.benchmark["revision"])
    task = table.task["name"]
    return EvalResultEntry(
        dataset_id=dataset,
        task_id=safe(f"{task}_{row['mode']}" if row["mode"] else task),
        value=round(100 * row["metrics"][metric], 4),
        # A revision of the Hub is a hash of git; a version such as "1.0" is not.
        dataset_revision=revision if re.fullmatch("[0-9a-f]{40}", revision) else None,
        source_url=url,
        source_name=safe(board["title"]) if url else None,
        notes=safe(_notes(row, metric), 1000),
    )


def _notes(row: dict[str, Any], metric: str) -> str:
    interval = row["interval"].get(metric)
    words = [f"{row['status']}", f"{metric} in percent"]
    if interval:
        words.append(f"95% interval {percent(interval[0])} to {percent(interval[1])}")
    words += [f"{n} {percent(value)}" for n, value in row["metrics"].items() if n != metric]
    return "; ".join([*words, *remarks(row, metric), f"identity {row['identity'][:12]}"])


def _text(results: list[EvalResultEntry]) -> str:
    known = all(_HUB_ID.fullmatch(result.dataset_id) for result in results)
    data = eval_result_entries_to_yaml(results)
    text = yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=1000)
    return text if known else _UNREGISTERED + text
