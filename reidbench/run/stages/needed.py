"""Which models a run needs."""

from __future__ import annotations

from ...config.modes import MODELS
from ..context import Context


def _used(context: Context, section: str) -> bool:
    """Whether a mode uses a model of this section of the config, or one that is made from it."""
    return any(context.experiment.uses(model) for model, of in MODELS.items() if of == section)


def trains_student(context: Context) -> bool:
    """Whether a student is trained here: a mode uses it, and it does not come from another run."""
    experiment = context.experiment
    given = "distill" in context.given
    return experiment.student is not None and _used(context, "student") and not given


def teacher_is_needed(context: Context) -> bool:
    """Whether there is a teacher, and a mode or the training of the student uses it."""
    experiment = context.experiment
    used = _used(context, "teacher") or trains_student(context)
    return experiment.teacher is not None and used
