"""The models of a finished run on another data set and protocol. Nothing is trained."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from reidbench_registry import ConfigError, DataError
from reidbench_registry.signature import signature

from .. import config, results
from ..config import Experiment
from ..config.schema import SIDES, Student
from ..pluginhost import PluginHost
from . import runner
from .context import Context, Output
from .store import MANIFEST

STAGES = {"teacher": "teacher", "student": "distill"}
"""Model -> the stage that trained it."""


@dataclass(frozen=True)
class Source:
    """A finished run: what it was, and the checkpoints of its models."""

    folder: Path
    experiment: Experiment
    models: dict[str, Output]
    """`student` and, where the run had one, `teacher`"""
    scored: set[str]
    """The models that were asked for: all, or the one whose checkpoint was given."""

    @classmethod
    def read(cls, folder: Path, host: PluginHost) -> Source:
        """Of a run folder, or of the checkpoint `teacher/` or `distill/` in one.

        Raises DataError for a folder that is no finished run or whose files are not of one."""
        one = {stage: model for model, stage in STAGES.items()}.get(folder.resolve().name)
        if one is not None and (folder / MANIFEST).is_file():
            whole = cls.read(folder.resolve().parent, host)
            return replace(whole, scored={one})
        if not folder.is_dir():
            raise DataError(f"no run folder: {folder}")
        stages = results.read(folder)["stages"]
        models = {}
        for model, stage in STAGES.items():
            if stage not in stages:
                continue
            try:
                found = json.loads((folder / stage / MANIFEST).read_text(encoding="utf-8"))["key"]
            except (OSError, ValueError, KeyError, TypeError):
                found = None
            if found != stages[stage]:
                raise DataError(f"{folder}: {stage}/ is not the checkpoint that result.json names")
            models[model] = Output(folder / stage, found)
        if not models:
            raise DataError(f"{folder}: there is no checkpoint to evaluate (nothing was trained)")
        experiment = config.resolve(config.load(folder / "config.json"), [], host)
        return cls(folder, experiment, models, set(models))


def prepare(folder: Path, path: Path, options: list[str], work_dir: Path) -> tuple[Context, Source]:
    """Read and check the run and the config, and lay out a run folder of its own: data, evaluation
    and device are the config's; models, seed and precision the run's."""
    host = PluginHost()
    source = Source.read(folder, host)
    trained = source.experiment
    target = config.resolve(config.load(path), options, host, with_models=False)
    modes = [m for m in target.evaluation.modes if set(SIDES[m]) <= source.scored]
    if not modes:
        can = [m for m, sides in SIDES.items() if set(sides) <= source.scored]
        raise ConfigError(
            f"evaluation.modes: {folder} holds the {' and the '.join(sorted(source.scored))}, so "
            f"only {', '.join(map(repr, can))} can be evaluated"
        )
    part = f"-{folder.resolve().name}" if source.scored != set(source.models) else ""
    name = (
        target.run.name
        or f"{source.folder.resolve().name}{part}-on-{runner.name_of(path, '', options)}"
    )
    experiment = replace(
        target,
        teacher=trained.teacher,
        student=_student(source, host),
        evaluation=replace(target.evaluation, modes=modes),
        run=replace(target.run, seed=trained.run.seed, precision=trained.run.precision, name=name),
    )
    if (work_dir / name).resolve() == source.folder.resolve():
        raise ConfigError(f"run.name: {name!r} is the run that is evaluated")
    return runner.lay_out(experiment, host, work_dir, name), source


def _student(source: Source, host: PluginHost) -> Student | None:
    """The run's student, with the teacher's dimension where the run gave it."""
    from ..bank import Bank

    student = source.experiment.student
    if student is None or not {"student", "teacher"} <= source.models.keys():
        return student
    cfg = student.backbone
    takes = signature(host.find("backbone", cfg["type"])).parameters
    if "embed_dim" not in takes or cfg.get("embed_dim"):
        return student
    dim = Bank.load(source.folder / "embed").features.shape[1]
    return replace(student, backbone=cfg | {"embed_dim": dim})


def execute(context: Context, source: Source) -> dict[str, Any]:
    """Embed what the tasks need, score it and write `result.json`; returns the record."""
    from .stages import data, embed, evaluate
    from .tasks import tasks_of

    with context.together():
        runner.start(context)
        found = data.run(context)
        outputs: dict[str, Output] = {}
        if set(context.experiment.evaluation.modes) != {"edge"}:
            tasks = tasks_of(context)
            outputs["embed"] = embed.run(context, found, source.models["teacher"], tasks)
        student = source.models["student"] if context.experiment.needs("student") else None
        outputs["evaluate"] = evaluate.run(context, found, outputs.get("embed"), student)
        origin = {
            "run": source.folder.resolve().name,
            "stages": {STAGES[model]: output.key for model, output in source.models.items()},
        }
        return runner.record(context, found, outputs, source=origin)
