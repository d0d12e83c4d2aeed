"""Stage evaluate: every task of the protocol in every deployment mode."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from typing import Any

from reidbench_registry import ConfigError, DataError, Record, Task

from ... import distributed
from ...config.modes import MODES
from ...config.walk import entries_in, key_settings
from ...embeddings import Embeddings
from ...evaluation.scoring import Pair, Scores, records_of, score_all
from ...models.model import ReIDModel
from ...results.per_query import save_per_query
from ...results.per_trial import save_per_trial
from ...tools.files import write_json
from ..context import Context, Output
from ..cost import save_costs
from ..last_step import Chosen, add_last_step, last_step
from ..models import SOURCES, embeddings_of
from ..stage import Entries, Job, Stage
from ..tasks import task_configs, tasks_of, why_not_scored

SCORES = "scores.json"
LAYOUT = 2
"""Number of what the output holds: one of an older layout is not taken for it."""


class Evaluate(Stage):
    name = "evaluate"
    section = "evaluation"
    needs = tuple(dict.fromkeys(s for source in SOURCES.values() for s in source.stages))
    makes = "scores, the figures query by query, and what a query costs"

    def wanted(self, context: Context) -> bool:
        return True

    def settings(self, context: Context) -> dict[str, Any]:
        settings = key_settings(context.experiment.evaluation)
        return settings | {"tasks": task_configs(context), "layout": LAYOUT}

    def entries(self, context: Context) -> Entries:
        tasks = [("task", cfg) for cfg in task_configs(context)]
        backbones = [
            ("backbone", context.section(model).backbone)
            for model in SOURCES
            if context.experiment.uses(model)
        ]
        return [*entries_in(context.experiment.evaluation), *tasks, *backbones]

    def run(self, context: Context, job: Job) -> None:
        evaluation = context.experiment.evaluation
        tasks = tasks_of(context)
        metrics = [context.create("metric", cfg) for cfg in evaluation.metrics]
        for task in tasks:
            job.data.split(task.query.split)
            job.data.split(task.gallery.split)
        records = records_of(tasks, job.data.records)

        @functools.cache
        def opened(model: str) -> ReIDModel:
            source = SOURCES[model]
            return source.open(context, model, job.inputs[source.weights])

        used = [model for model in SOURCES if context.experiment.uses(model)]
        embeddings = {
            model: embeddings_of(context, model, opened, job.inputs, records, job.out / model)
            for model in used
        }
        chosen = _chosen(context, tasks, records, embeddings)

        def score(chosen: Chosen, pairs: Mapping[str, Pair], what: str) -> Scores:
            shown = context.reporter.track(chosen, what, len(chosen))
            card, fingerprint = job.data.card, job.data.fingerprint
            return score_all(shown, records, card, fingerprint, pairs, metrics)

        pairs = {
            mode: Pair(embeddings[MODES[mode].query], embeddings[MODES[mode].gallery])
            for mode in evaluation.modes
        }
        scores = score(chosen, pairs, "scoring")
        pictures = {t.name: job.data.contents.digest_of(records_of([t], records)) for t in tasks}
        for row in scores.rows:
            row["pictures"] = pictures[row["identity"]["task"]["name"]]
        if distributed.is_main():
            save_costs(job.out, context, opened, embeddings, records, chosen)
        opened.cache_clear()
        last = {model: last_step(context, model, job.inputs, records) for model in used}
        add_last_step(scores.rows, chosen, last, embeddings, score)
        save_per_query(job.out, scores.per_query)
        save_per_trial(job.out, scores.per_query)
        write_json(job.out / SCORES, scores.rows)


def _chosen(
    context: Context,
    tasks: Sequence[Task],
    records: Sequence[Record],
    embeddings: Mapping[str, Embeddings],
) -> Chosen:
    """The tasks and modes that can be scored; for the others a line says why. Raises ConfigError
    when there is none."""
    chosen = []
    for task in tasks:
        for mode in context.experiment.evaluation.modes:
            if why := why_not_scored(task, mode, records, embeddings):
                context.reporter.line("evaluate", f"{task.name}, {mode}: not scored, {why}")
            else:
                chosen.append((task, mode))
    if not chosen:
        raise ConfigError("evaluate: the models embed too few modalities for any of the tasks")
    return chosen


def read_scores(output: Output) -> list[dict[str, Any]]:
    """The rows that the stage wrote. Raises DataError for a damaged file."""
    path = output.folder / SCORES
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: {error}") from None
