"""What the stages teacher and distill share: from a section of the config to a trained model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from reidbench_registry import Backbone, ConfigError, Record

from ...bank import Bank
from ...config.check import WEIGHT
from ...config.schema import Distillation, Student, Teacher, Training
from ...tools.files import write_json
from ...training import checkpoint
from ...training.head import ReIDModel
from ...training.objective import Objective, Weighted
from ...training.resume import Checkpoints
from ...training.selection import Selection
from ...training.trainer import train
from ..context import Context
from ..validation import Validator
from .data import Data


def inputs(context: Context, data: Data, **keys: Any) -> dict[str, Any]:
    """What a training stage depends on beside its section."""
    run = context.experiment.run
    return {"data": data.fingerprint, "seed": run.seed, "precision": run.precision, **keys}


def model_of(
    context: Context, section: Teacher | Student, classes: int = 0, **extra: Any
) -> ReIDModel:
    """The section's backbone and neck, with a classifier for `classes` identities."""
    torch.manual_seed(context.experiment.run.seed)
    backbone: Backbone = context.create("backbone", section.backbone, **extra)
    return ReIDModel(backbone, section.neck, section.tap, classes)


def fit(
    context: Context,
    stage: str,
    section: Teacher | Student,
    data: Data,
    out: Path,
    partial: Path,
    bank: Bank | None = None,
    **extra: Any,
) -> None:
    """Train the section's model on the train split and write its checkpoint into `out`; what an
    interrupted training continues from lies in `partial` meanwhile.

    `bank` gives the teacher's features to a distillation. `training.json` in `out` says which
    weights these are and what validation found."""
    training, run = section.train, context.experiment.run
    if training is None:
        checkpoint.save(model_of(context, section, **extra), {}, out)
        write_json(out / "training.json", {"selection": "untrained", "step": 0, "steps": 0})
        context.reporter.line(stage, f"{section.backbone['type']}: used as it is")
        return
    losses = _weighted(context, "loss", training.losses)
    distillers: list[Weighted] = []
    task_weight = 1.0
    if isinstance(training, Distillation):
        distillers = _weighted(context, "distiller", training.distillers)
        task_weight = training.task_weight

    labels = {pid: i for i, pid in enumerate(sorted({r.pid for r in data.split("train")}))}
    wants_classes = any(getattr(w.term, "needs_logits", False) for w in losses)
    model = model_of(context, section, len(labels) if wants_classes else 0, **extra)
    if bank is not None:
        _comparable(context, model.backbone.embed_dim, bank.features.shape[1])
    records = usable(data.split("train"), model.backbone, stage)
    objective = Objective(
        losses,
        distillers,
        task_weight,
        bank=bank.rows(records) if bank and distillers else None,
        student_dim=model.backbone.embed_dim,
    )
    if objective.projection is not None:
        context.reporter.line(
            stage,
            f"a learned projection {objective.projection.in_features} -> "
            f"{objective.projection.out_features} stands before the distillers (training only)",
        )
    trained = sum(p.numel() for p in model.parameters() if p.requires_grad)
    total = sum(p.numel() for p in model.parameters())
    context.reporter.line(
        stage,
        f"{section.backbone['type']}: {_millions(trained)} of {_millions(total)} M parameters "
        f"trained, {training.steps} steps on {len(records)} items of {len(labels)} identities",
        config=asdict(section),
    )
    selection = None
    if training.validation is not None:
        side = "teacher" if isinstance(section, Teacher) else "student"
        validator = Validator(context, training.validation, data, model, side, bank)
        keep_best = training.selection == "val"
        selection = Selection(model, validator, training.validation.every, keep_best)
    train(
        stage,
        model,
        objective,
        records,
        labels=_labels(records, labels),
        sampler=context.create("sampler", training.sampler),
        transforms=[context.create("transform", t) for t in training.augment],
        training=training,
        run=run,
        reporter=context.reporter,
        checkpoints=Checkpoints(partial, run.checkpoint_minutes),
        selection=selection,
    )
    _save(context, stage, training, model, labels, selection, out)


def _comparable(context: Context, student: int, teacher: int) -> None:
    """Raises ConfigError, before the training and not after it, when the run is to compare features
    of different dimensions."""
    if student != teacher and "edge-cloud" in context.experiment.evaluation.modes:
        raise ConfigError(
            f"evaluation.modes: 'edge-cloud' compares features of the student, which has {student} "
            f"dimensions, with those of the teacher, which has {teacher}: leave the mode out, or "
            "the student's embed_dim"
        )


def _save(
    context: Context,
    stage: str,
    training: Training,
    model: ReIDModel,
    labels: dict[str, int],
    selection: Selection | None,
    out: Path,
) -> None:
    """The checkpoint, `training.json` and, where others were chosen, the last step's in `last/`."""
    step = training.steps
    if selection is not None and selection.keep_best:
        checkpoint.save(model, labels, out / "last")
        step = selection.put_best()
    checkpoint.save(model, labels, out)
    record: dict[str, Any] = {
        "selection": training.selection,
        "step": step,
        "steps": training.steps,
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


def usable(records: Sequence[Record], backbone: Any, stage: str) -> list[Record]:
    """The records whose modality the backbone embeds. Raises ConfigError when none is."""
    found = [r for r in records if r.modality in backbone.modalities]
    if not found:
        raise ConfigError(
            f"{stage}: the backbone embeds {', '.join(sorted(backbone.modalities))}, the data "
            f"has {', '.join(sorted({r.modality for r in records if not r.members}))}"
        )
    return found


def _weighted(context: Context, kind: str, items: list[dict[str, Any]]) -> list[Weighted]:
    return [Weighted(c["type"], c[WEIGHT], context.create(kind, c)) for c in items]


def _labels(records: Sequence[Record], labels: dict[str, int]) -> Tensor:
    return torch.tensor([labels[r.pid] for r in records])


def _millions(count: int) -> str:
    return f"{count / 1e6:.2f}"
