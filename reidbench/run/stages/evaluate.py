"""Stage evaluate: every task of the protocol in every deployment mode."""

from __future__ import annotations

import json
from typing import Any

from reidbench_registry import ConfigError, DataError

from ...config.modes import MODES
from ...config.walk import entries_in, key_settings
from ...embeddings import Embeddings
from ...evaluation.scoring import Pair, records_of, score_all
from ...results.per_query import save_per_query
from ...results.per_trial import save_per_trial
from ...tools.files import write_json
from ..context import Context, Output
from ..models import SOURCES, embeddings_of
from ..stage import Entries, Job, Stage
from ..tasks import task_configs, tasks_of, why_not_scored

SCORES = "scores.json"


class Evaluate(Stage):
    name = "evaluate"
    section = "evaluation"
    needs = tuple(dict.fromkeys(source.reads for source in SOURCES.values()))
    makes = "scores, and the figures query by query"

    def wanted(self, context: Context) -> bool:
        return True

    def settings(self, context: Context) -> dict[str, Any]:
        return key_settings(context.experiment.evaluation) | {"tasks": task_configs(context)}

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
        embeddings = {
            model: _cut(
                embeddings_of(context, model, job.inputs, records, job.out / model),
                evaluation.dim,
                model,
            )
            for model in SOURCES
            if context.experiment.uses(model)
        }
        chosen = []
        for task in tasks:
            for mode in evaluation.modes:
                if why := why_not_scored(task, mode, records, embeddings):
                    context.reporter.line(self.name, f"{task.name}, {mode}: not scored, {why}")
                else:
                    chosen.append((task, mode))
        if not chosen:
            raise ConfigError("evaluate: the models embed too few modalities for any of the tasks")
        scores = score_all(
            context.reporter.track(chosen, "scoring", len(chosen)),
            records,
            job.data.card,
            job.data.fingerprint,
            {
                mode: Pair(embeddings[MODES[mode].query], embeddings[MODES[mode].gallery])
                for mode in evaluation.modes
            },
            metrics,
        )
        pictures = {t.name: job.data.contents.digest_of(records_of([t], records)) for t in tasks}
        for row in scores.rows:
            row["pictures"] = pictures[row["identity"]["task"]["name"]]
        save_per_query(job.out, scores.per_query)
        save_per_trial(job.out, scores.per_query)
        write_json(job.out / SCORES, scores.rows)


def _cut(embeddings: Embeddings, dim: int | None, model: str) -> Embeddings:
    """The leading dimensions. Raises ConfigError where there are fewer."""
    if dim is None:
        return embeddings
    if dim > embeddings.dim:
        raise ConfigError(
            f"evaluation.dim: {dim}, but the {model}'s features have {embeddings.dim} dimensions"
        )
    return Embeddings(embeddings.features[:, :dim], embeddings.item_ids)


def read_scores(output: Output) -> list[dict[str, Any]]:
    """The rows that the stage wrote. Raises DataError for a damaged file."""
    path = output.folder / SCORES
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: {error}") from None
