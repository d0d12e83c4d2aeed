"""Which models a run needs."""

from __future__ import annotations

from ..context import Context


def trains_student(context: Context) -> bool:
    """Whether a student is trained here: a mode uses it, and it does not come from another run."""
    experiment = context.experiment
    given = "distill" in context.given
    return experiment.student is not None and experiment.uses("student") and not given


def teacher_is_needed(context: Context) -> bool:
    """Whether there is a teacher, and a mode or the training of the student uses it."""
    experiment = context.experiment
    used = experiment.uses("teacher") or trains_student(context)
    return experiment.teacher is not None and used
