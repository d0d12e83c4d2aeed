"""Stage distill: train the edge model, with the teacher's bank where there is one."""

from __future__ import annotations

from pathlib import Path

from ...bank import Bank
from ..context import Context, Output
from . import fit
from .data import Data


def run(context: Context, data: Data, bank: Output | None) -> Output:
    section = context.experiment.student
    assert section is not None
    # A student without distillers learns nothing from the bank but its dimension.
    inputs = fit.inputs(context, data, **({"bank": bank.key} if bank else {}))
    partial = context.partial("distill", section, inputs)

    def work(out: Path) -> None:
        loaded = Bank.load(bank.folder) if bank else None
        fit.fit(
            context,
            "distill",
            section,
            data,
            out,
            partial,
            bank=loaded,
            **student_arguments(context, loaded),
        )

    return context.stage("distill", section, inputs, work)


def student_arguments(context: Context, bank: Bank | None) -> dict[str, int]:
    """The teacher's dimension, for a student that can project into it and was told nothing."""
    student = context.experiment.student
    if student is None or bank is None or student.backbone.get("embed_dim") is not None:
        return {}
    cfg = student.backbone
    takes = context.signature("backbone", cfg).parameters
    return {"embed_dim": bank.features.shape[1]} if "embed_dim" in takes else {}
