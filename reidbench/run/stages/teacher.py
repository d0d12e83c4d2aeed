"""Stage teacher: fine-tune the cloud model on the train split."""

from __future__ import annotations

from typing import Any

from ..context import Context
from ..stage import Entries, Job, Stage
from .fit import fit, training_entries, training_settings
from .needed import teacher_is_needed


class Teacher(Stage):
    name = "teacher"
    section = "teacher"
    makes = "the teacher's weights"

    def wanted(self, context: Context) -> bool:
        return teacher_is_needed(context)

    def settings(self, context: Context) -> dict[str, Any]:
        return training_settings(context, "teacher")

    def entries(self, context: Context) -> Entries:
        return training_entries(context, "teacher")

    def run(self, context: Context, job: Job) -> None:
        fit(context, self.name, "teacher", job)
