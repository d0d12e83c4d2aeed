"""The run's protocol on the split `val`, while a model is trained.

No other split can be named: weights must not be chosen by what they are judged by.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from statistics import fmean
from typing import TypeVar

import torch

from reidbench_registry import ConfigError, did_you_mean

from ...config.modes import MODES, alone
from ...config.schema import Validation
from ...data.prepared import Data
from ...embeddings import Embeddings
from ...embeddings.extract import extract
from ...evaluation.scoring import Pair, records_of, score_all
from ...models.model import ReIDModel
from ...training.selection import Validated
from ..context import Context
from ..device import device_of
from ..tasks import tasks_of, why_not_scored

SPLIT = "val"
T = TypeVar("T")


def _no_bar(items: Iterable[T], description: str, total: int | None = None) -> Iterator[T]:
    """The bar of the training is on the screen."""
    return iter(items)


class Validator:
    """Called without arguments, it scores the model as it is at that moment.

    A model is scored in those of the run's modes that use it and need nothing but it and the
    teacher's bank, if there is one; when there is no such mode, by itself. The value that weights
    are chosen by is the metric's mean over tasks and modes. Raises DataError for an empty split,
    ConfigError when no task can be answered or no metric has that name."""

    def __init__(
        self,
        context: Context,
        settings: Validation,
        data: Data,
        model: ReIDModel,
        name: str,
        bank: Embeddings | None,
    ) -> None:
        """`name`: of the model, in the modes; `bank`: the teacher's, for a student."""
        data.split(SPLIT)
        evaluation = context.experiment.evaluation
        self._context, self._settings, self._data = context, settings, data
        self._model, self._name, self._bank = model, name, bank
        self._metrics = [context.create("metric", cfg) for cfg in evaluation.metrics]
        # The protocol's tasks name the split that the run is judged by.
        tasks = [
            replace(t, query=replace(t.query, split=SPLIT), gallery=replace(t.gallery, split=SPLIT))
            for t in tasks_of(context)
        ]
        of_tasks = records_of(tasks, data.records)
        self._records = [r for r in of_tasks if r.modality in model.backbone.modalities]
        # Scored once with features of zeros: mistakes are found before the training.
        zeros = Embeddings(torch.zeros(len(self._records), 1), [r.item_id for r in self._records])
        embeddings = self._with_bank(zeros, zeros=True)
        modes = [
            m
            for m in evaluation.modes
            if name in MODES[m].models and MODES[m].possible_with(embeddings)
        ]
        self._chosen = [
            (task, mode)
            for task in tasks
            for mode in modes or [alone(name).name]
            if any(task.query(r) for r in of_tasks)
            and not why_not_scored(task, mode, of_tasks, embeddings)
        ]
        if not self._chosen:
            raise ConfigError(f"{name}.train.validation: {SPLIT} has nothing that can be scored")
        self._score(embeddings)

    def __call__(self) -> Validated:
        """Embed the records of the tasks and score them."""
        experiment = self._context.experiment
        embeddings = extract(
            self._model,
            self._records,
            experiment.evaluation.batch_size,
            device_of(experiment.run),
            experiment.run.workers,
            _no_bar,
            "",
        )
        return self._score(self._with_bank(embeddings))

    def _with_bank(self, of_model: Embeddings, zeros: bool = False) -> dict[str, Embeddings]:
        """Model -> its embeddings; `zeros`: features of zeros for the bank, too."""
        embeddings = {self._name: of_model}
        if self._bank is not None:
            bank = self._bank
            if zeros:
                bank = Embeddings(torch.zeros(len(bank.item_ids), 1), bank.item_ids)
            embeddings["teacher"] = bank
        return embeddings

    def _score(self, embeddings: dict[str, Embeddings]) -> Validated:
        rows = score_all(
            self._chosen,
            self._data.records,
            self._data.card,
            self._data.fingerprint,
            {
                mode: Pair(embeddings[MODES[mode].query], embeddings[MODES[mode].gallery])
                for _, mode in self._chosen
            },
            self._metrics,
        ).rows
        metric = self._settings.metric
        known = rows[0]["metrics"]
        if metric not in known:
            raise ConfigError(
                f"{self._name}.train.validation.metric: the run has no {metric!r}"
                f"{did_you_mean(metric, known)} (it has {', '.join(known)})"
            )
        figures = {f"{r['identity']['task']['name']}, {r['mode']}": r["metrics"] for r in rows}
        return Validated(fmean(of_task[metric] for of_task in figures.values()), figures)
