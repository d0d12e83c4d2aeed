"""What the stages teacher and distill share: from a section of the config to a trained model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from reidbench_registry import Backbone, ConfigError

from ...config.fill import WEIGHT
from ...config.modes import MODES
from ...config.schema import Distillation, Student, Teacher, Training
from ...config.walk import entries_in, key_settings
from ...embeddings import Embeddings
from ...models import checkpoint
from ...models.build import build_backbone, build_model
from ...models.model import ReIDModel
from ...tools.files import write_json
from ...training.batches import TrainingSet
from ...training.objective import Objective, Weighted
from ...training.resume import Checkpoints
from ...training.selection import Selection
from ...training.trainer import train
from ..context import Context
from ..stage import Entries, Job
from ..tasks import task_configs
from ..usable import usable
from .validation import Validator


def training_settings(context: Context, model: str) -> dict[str, Any]:
    """What of the config changes a trained model. A validation does only when weights are chosen
    by it, and then so does all that it scores."""
    section = context.section(model)
    settings = key_settings(section)
    training: Training | None = section.train
    if training is not None and training.selection == "last":
        settings["train"].pop("validation")
    elif training is not None:
        evaluation = context.experiment.evaluation
        settings["chosen_by"] = {
            "tasks": task_configs(context),
            "metrics": evaluation.metrics,
            "modes": evaluation.modes,
        }
    return settings


def training_entries(context: Context, model: str) -> Entries:
    """The entries whose code changes a trained model."""
    section = context.section(model)
    entries = list(entries_in(section))
    if section.train is not None and section.train.selection == "val":
        entries += entries_in(context.experiment.evaluation)
        entries += [("task", cfg) for cfg in task_configs(context)]
    return entries


@dataclass(frozen=True)
class _Parts:
    """What is trained, and by what."""

    model: ReIDModel
    labels: dict[str, int]
    """pid -> label of the train identities"""
    losses: list[Weighted]
    distillers: list[Weighted]


def fit(
    context: Context,
    stage: str,
    model_name: str,
    job: Job,
    bank: Embeddings | None = None,
    taught: Embeddings | None = None,
) -> None:
    """Train the section's model on the train split and write its checkpoint into `job.out`; an
    interrupted training continues from what lies in `job.partial`.

    `bank` holds the features of the run's teacher, `taught` those that a student learns from.
    `training.json` in the output says which weights these are and what validation found."""
    section: Teacher | Student = context.section(model_name)
    training, run = section.train, context.experiment.run
    if training is None:
        checkpoint.save(build_model(context.create, section, run.seed), {}, job.out)
        record = {"selection": "untrained", "step": 0, "steps": 0}
        write_json(job.out / "training.json", record)
        context.reporter.line(stage, f"{section.backbone['type']}: used as it is")
        return
    parts = _build(context, section, training, job, taught)
    model = parts.model
    if bank is not None:
        _check_comparable(context, model.backbone.embed_dim, bank.dim)
    if too_large := [d for d in training.dims if d >= model.backbone.embed_dim]:
        raise ConfigError(
            f"{model_name}.train.dims: {too_large[0]} is not below the embedding's "
            f"{model.backbone.embed_dim} dimensions"
        )
    data = _training_set(context, training, parts, job, stage)
    objective = Objective(
        parts.losses,
        parts.distillers,
        training.task_weight if isinstance(training, Distillation) else 1.0,
        bank=taught.take(data.all_records).float() if taught and parts.distillers else None,
        student_dim=model.backbone.embed_dim,
        dims=training.dims,
    )
    _report_sizes(context, stage, section, training, parts, objective, data)
    selection = None
    if training.validation is not None:
        validator = Validator(context, training.validation, job.data, model, model_name, bank)
        keep_best = training.selection == "val"
        selection = Selection(model, validator, training.validation.every, keep_best)
    train(
        stage,
        f"{model_name}.train",
        model,
        objective,
        data,
        transforms=[context.create("transform", t) for t in training.augment],
        training=training,
        run=run,
        reporter=context.reporter,
        checkpoints=Checkpoints(job.partial, run.checkpoint_minutes),
        selection=selection,
    )
    _save(context, stage, training, parts, data, selection, job.out)


def _build(
    context: Context,
    section: Teacher | Student,
    training: Training,
    job: Job,
    bank: Embeddings | None,
) -> _Parts:
    """The model, with a classifier when a loss needs logits, and the terms of its objective."""
    labels = {pid: i for i, pid in enumerate(sorted({r.pid for r in job.data.split("train")}))}
    backbone: Backbone = build_backbone(context.create, section, context.experiment.run.seed)
    supplied = {"num_classes": len(labels), "embed_dim": backbone.embed_dim}
    losses = _weighted(context, "loss", training.losses, supplied)
    distillers: list[Weighted] = []
    if isinstance(training, Distillation) and bank is not None:
        dims = {"student_dim": backbone.embed_dim, "teacher_dim": bank.dim}
        distillers = _weighted(context, "distiller", training.distillers, dims)
    needs_logits = any(getattr(w.term, "needs_logits", False) for w in losses)
    classes = len(labels) if needs_logits else 0
    model = ReIDModel(backbone, section.neck, section.tap, classes)
    return _Parts(model, labels, losses, distillers)


def _training_set(
    context: Context, training: Training, parts: _Parts, job: Job, stage: str
) -> TrainingSet:
    """The train split and, where it is asked for and something learns from it, the unlabelled."""
    backbone = parts.model.backbone
    records = usable(job.data.split("train"), backbone, stage)
    labels = torch.tensor([parts.labels[r.pid] for r in records])
    sampler = context.create("sampler", training.sampler)
    if not isinstance(training, Distillation) or training.unlabelled is None:
        return TrainingSet(records, labels, sampler)
    if not parts.distillers:
        context.reporter.line(stage, "no distiller: the unlabelled items are not used")
        return TrainingSet(records, labels, sampler)
    unlabelled = usable(job.data.split("unlabelled"), backbone, stage)
    unlabelled_sampler = context.create("sampler", training.unlabelled)
    return TrainingSet(records, labels, sampler, unlabelled, unlabelled_sampler)


def _weighted(
    context: Context, kind: str, cfgs: Sequence[dict[str, Any]], supplied: dict[str, int]
) -> list[Weighted]:
    """The terms that the configs describe; those that ask for arguments which the harness knows get
    them."""
    terms = []
    for cfg in cfgs:
        extra = {name: supplied[name] for name in context.supplied(kind, cfg)}
        whole = bool({"embed_dim", "student_dim"} & extra.keys())
        terms.append(Weighted(cfg["type"], cfg[WEIGHT], context.create(kind, cfg, **extra), whole))
    return terms


def _check_comparable(context: Context, student_dim: int, teacher_dim: int) -> None:
    """Raises ConfigError, before the training and not after it, when a mode compares features of
    different dimensions."""
    for name in context.experiment.evaluation.modes:
        if MODES[name].mixes_models and student_dim != teacher_dim:
            raise ConfigError(
                f"evaluation.modes: {name!r} compares features of the student, which has "
                f"{student_dim} dimensions, with those of the teacher, which has {teacher_dim}: "
                "leave the mode out, or the student's embed_dim"
            )


def _report_sizes(
    context: Context,
    stage: str,
    section: Teacher | Student,
    training: Training,
    parts: _Parts,
    objective: Objective,
    data: TrainingSet,
) -> None:
    if objective.projection is not None:
        context.reporter.line(
            stage,
            f"a learned projection {objective.projection.in_features} -> "
            f"{objective.projection.out_features} stands before the distillers (training only)",
        )
    trained = sum(p.numel() for p in parts.model.parameters() if p.requires_grad)
    total = sum(p.numel() for p in parts.model.parameters())
    items = f"{len(data.records)} items of {len(parts.labels)} identities"
    if data.unlabelled:
        items += f" and {len(data.unlabelled)} unlabelled items"
    context.reporter.line(
        stage,
        f"{section.backbone['type']}: {trained / 1e6:.2f} of {total / 1e6:.2f} M parameters "
        f"trained, {training.steps} steps on {items}",
        config=asdict(section),
    )


def _save(
    context: Context,
    stage: str,
    training: Training,
    parts: _Parts,
    data: TrainingSet,
    selection: Selection | None,
    out: Path,
) -> None:
    """The checkpoint, `training.json` and, where others were chosen, the last step's in `last/`."""
    model, labels = parts.model, parts.labels
    step = training.steps
    if selection is not None and selection.keep_best:
        checkpoint.save(model, labels, out / "last")
        step = selection.load_best()
    checkpoint.save(model, labels, out)
    record: dict[str, Any] = {
        "selection": training.selection,
        "step": step,
        "steps": training.steps,
        "items": len(data.records),
        "unlabelled": len(data.unlabelled),
    }
    if selection is not None and training.validation is not None:
        metric = training.validation.metric
        record |= {"metric": metric, "validation": selection.history}
        value = {row["step"]: 100 * row["value"] for row in selection.history}
        words = f"{metric} on val {value[training.steps]:.1f} after the last step"
        if step != training.steps:
            words += f", {value[step]:.1f} after step {step}, which is taken"
        context.reporter.line(stage, words)
    write_json(out / "training.json", record)
