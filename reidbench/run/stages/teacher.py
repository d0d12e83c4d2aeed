"""Stage teacher: fine-tune the cloud model on the train split."""

from __future__ import annotations

from ..context import Context, Output
from . import fit
from .data import Data


def run(context: Context, data: Data) -> Output:
    section = context.experiment.teacher
    assert section is not None
    inputs = fit.inputs(context, data)
    partial = context.partial("teacher", section, inputs)
    return context.stage(
        "teacher",
        section,
        inputs,
        lambda out: fit.fit(context, "teacher", section, data, out, partial),
    )
