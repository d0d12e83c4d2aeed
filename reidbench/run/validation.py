"""The run's protocol on the split `val`, while a model is trained.

No other split can be named: what weights are chosen by must not be what they are judged by.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from statistics import fmean
from typing import TypeVar

import torch
from torch import Tensor

from reidbench_registry import ConfigError, did_you_mean

from ..bank import Bank
from ..config.schema import SIDES, Validation
from ..evaluation.score import Side
from ..evaluation.scoring import Pair, score_all, taking_part
from ..reporter import Reporter
from ..training.embed import embed
from ..training.head import ReIDModel
from ..training.selection import Validated
from .context import Context
from .device import device_of
from .stages.data import Data
from .tasks import lacking, tasks_of

SPLIT = "val"
T = TypeVar("T")


class _Quiet(Reporter):
    """No bar: the training's own is on the screen."""

    def __init__(self) -> None:
        pass

    def track(self, items: Iterable[T], description: str, total: int | None = None) -> Iterator[T]:
        return iter(items)


class Validator:
    """Called without arguments, it scores the model as it is at that moment.

    A teacher is scored in mode `cloud`, a student in the run's modes that it takes part in. The
    value that weights are chosen by is the metric's mean over tasks and modes. Raises DataError
    for an empty split, ConfigError when no task can be answered or no metric has that name."""

    def __init__(
        self,
        context: Context,
        settings: Validation,
        data: Data,
        model: ReIDModel,
        side: str,
        bank: Bank | None,
    ) -> None:
        """`side`: 'teacher' or 'student'; `bank`: the teacher's, for a student."""
        data.split(SPLIT)
        evaluation = context.experiment.evaluation
        self._context, self._settings, self._data = context, settings, data
        self._model, self._side = model, side
        self._metrics = [context.create("metric", cfg) for cfg in evaluation.metrics]
        self._bank = Side.of(bank.features, bank.item_ids) if bank else None
        # The protocol's tasks name the split that the run is judged by.
        tasks = [
            replace(t, query=replace(t.query, split=SPLIT), gallery=replace(t.gallery, split=SPLIT))
            for t in tasks_of(context)
        ]
        found = taking_part(tasks, data.records)
        self._records = [r for r in found if r.modality in model.backbone.modalities]
        modes = ["cloud"] if side == "teacher" else [m for m in evaluation.modes if m != "cloud"]
        # Scored once with features that say nothing: mistakes are found before the training.
        sides = self._sides(torch.zeros(len(self._records), 1), rehearsal=True)
        self._chosen = [
            (task, mode)
            for task in tasks
            for mode in modes or ["edge"]
            if any(task.query(r) for r in found) and not lacking(task, mode, found, sides)
        ]
        if not self._chosen:
            raise ConfigError(f"{side}.train.validation: {SPLIT} has nothing that can be scored")
        self._score(sides)

    def __call__(self) -> Validated:
        """Embed what takes part, score it."""
        experiment = self._context.experiment
        features = embed(
            self._model,
            self._records,
            experiment.evaluation.batch_size,
            device_of(experiment.run),
            experiment.run.workers,
            _Quiet(),
            "",
        )
        return self._score(self._sides(features))

    def _sides(self, features: Tensor, rehearsal: bool = False) -> dict[str, Side]:
        sides = {self._side: Side.of(features, [r.item_id for r in self._records])}
        if self._bank is not None:
            banked, rows = self._bank
            sides["teacher"] = Side(torch.zeros(len(banked), 1) if rehearsal else banked, rows)
        return sides

    def _score(self, sides: dict[str, Side]) -> Validated:
        rows = score_all(
            self._chosen,
            self._data.records,
            self._data.card,
            self._data.fingerprint,
            {mode: Pair(*(sides[side] for side in SIDES[mode])) for _, mode in self._chosen},
            self._metrics,
        ).rows
        name = self._settings.metric
        known = rows[0]["metrics"]
        if name not in known:
            raise ConfigError(
                f"{self._side}.train.validation.metric: the run has no {name!r}"
                f"{did_you_mean(name, known)} (it has {', '.join(known)})"
            )
        figures = {f"{r['identity']['task']['name']}, {r['mode']}": r["metrics"] for r in rows}
        return Validated(fmean(found[name] for found in figures.values()), figures)
