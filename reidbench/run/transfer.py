"""The models of a finished run on another data set and protocol. Nothing is trained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from reidbench_registry import ConfigError, DataError, did_you_mean

from .. import config
from ..config import Experiment
from ..config.modes import MODES
from ..models.model import ReIDModel
from ..pluginhost import PluginHost
from ..results.origin import Dataset
from ..results.record import read
from ..terminal.reporter import Reporter
from .context import Context, Output
from .device import device_of
from .folder import name_of, read_marker
from .models import SOURCES
from .runner import Origin, context_of
from .store import MANIFEST, is_whole
from .trained import seen


@dataclass(frozen=True)
class Source:
    """A finished run: what it was, and the checkpoints of its models."""

    folder: Path
    experiment: Experiment
    models: dict[str, Output]
    """`student` and, where the run had one, `teacher`"""
    requested: frozenset[str]
    """The models to be evaluated: all, or the one whose checkpoint was given."""
    dataset: Dataset
    """What they were trained on."""

    @classmethod
    def read(cls, folder: Path, host: PluginHost) -> Source:
        """Of a run folder, or of the checkpoint `teacher/` or `distill/` in one.

        Raises DataError for a folder that is no finished run or whose files are not of one."""
        model = {s.weights: model for model, s in SOURCES.items()}.get(folder.resolve().name)
        if model is not None and (folder / MANIFEST).is_file():
            return replace(cls.read(folder.resolve().parent, host), requested=frozenset({model}))
        if not folder.is_dir():
            raise DataError(f"no run folder: {folder}")
        record = read(folder)
        models = _checkpoints(folder, record.stages)
        experiment = config.resolve_trained(config.load(folder / "config.json"), host)
        return cls(folder, experiment, models, frozenset(models), record.dataset)

    def describe(self) -> Origin:
        """What a result says about the run."""
        outputs = {SOURCES[model].weights: output for model, output in self.models.items()}
        keys = {stage: output.key for stage, output in outputs.items()}
        source = {"run": self.folder.resolve().name, "stages": keys}
        return Origin(source, seen(self.dataset.model_dump(), outputs))


def _checkpoints(folder: Path, stages: Mapping[str, str]) -> dict[str, Output]:
    """Model -> its checkpoint in a finished run; `stages`: stage -> its key."""
    read_marker(folder)
    models = {}
    for model, source in SOURCES.items():
        stage = source.weights
        if stage not in stages:
            continue
        key = stages[stage]
        if not is_whole(folder / stage, key):
            raise DataError(
                f"{folder}: {stage}/ is not the checkpoint that result.json names, or is damaged"
            )
        models[model] = Output(folder / stage, key)
    if not models:
        raise DataError(f"{folder}: there is no checkpoint to evaluate (nothing was trained)")
    return models


def open_model(folder: Path, model: str, device: str) -> tuple[ReIDModel, torch.device]:
    """A model of a finished run, with its weights, and the device to run it on. The caller's RNG
    state is left unchanged.

    Raises DataError for a folder that is no finished run, ConfigError for a model that the run does
    not have and for a device that torch lacks."""
    host = PluginHost()
    source = Source.read(folder, host)
    if model not in source.models:
        raise ConfigError(
            f"{folder} has no model {model!r}{did_you_mean(model, source.models)} "
            f"(it has {', '.join(source.models)})"
        )
    target = device_of(replace(source.experiment.run, device=device))
    reporter = Reporter(source.folder / "log.jsonl")
    context = Context(source.experiment, host, source.folder.parent, source.folder, reporter)
    with torch.random.fork_rng():
        return SOURCES[model].open(context, model, source.models[model]), target


def prepare(folder: Path, path: Path, options: list[str], work_dir: Path) -> tuple[Context, Origin]:
    """Read and check the run and the config; the context of the evaluation, a run of its own, and
    what its record says about the source. Data, evaluation and device are the config's; models,
    seed and precision the run's; what the weights saw is declared by both."""
    host = PluginHost()
    source = Source.read(folder, host)
    trained = source.experiment
    target = config.resolve(config.load(path), options, host, with_models=False)
    modes = [m for m in target.evaluation.modes if MODES[m].possible_with(source.requested)]
    if not modes:
        possible = [m for m in MODES if MODES[m].possible_with(source.requested)]
        raise ConfigError(
            f"evaluation.modes: {folder} holds the {' and the '.join(sorted(source.requested))}, "
            f"so only {', '.join(map(repr, possible))} can be evaluated"
        )
    part = f"-{folder.resolve().name}" if source.requested != source.models.keys() else ""
    name = target.run.name
    if name is None:
        name = f"{source.folder.resolve().name}{part}-on-{name_of(path, '', options)}"
    run = replace(
        target.run,
        seed=trained.run.seed,
        precision=trained.run.precision,
        name=name,
        trained_on=list(dict.fromkeys([*trained.run.trained_on, *target.run.trained_on])),
    )
    experiment = replace(
        target,
        teacher=trained.teacher,
        student=trained.student,
        evaluation=replace(target.evaluation, modes=modes),
        run=run,
    )
    if (work_dir / name).resolve() == source.folder.resolve():
        raise ConfigError(f"run.name: {name!r} is the run that is evaluated")
    given = {SOURCES[model].weights: output for model, output in source.models.items()}
    context = context_of(experiment, host, work_dir, name, given=given)
    return context, source.describe()
