"""Stage distill: train the edge model, with the teacher's bank where there is one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...embeddings import Embeddings
from ...models.build import with_teacher_dim
from ..context import Context, Output
from ..stage import Entries, Job, Stage
from .fit import fit, training_entries, training_settings
from .needed import trains_student


def complete_student(context: Context, teacher_dim: int) -> None:
    """Write the student's dimension into the config, when it is the teacher's."""
    student = context.section("student")
    takes = context.signature("backbone", student.backbone)
    context.set_section("student", with_teacher_dim(student, takes, teacher_dim))


class Distill(Stage):
    name = "distill"
    section = "student"
    needs = ("embed",)
    makes = "the student's weights"

    def wanted(self, context: Context) -> bool:
        return trains_student(context)

    def complete(self, context: Context, inputs: Mapping[str, Output]) -> None:
        if "embed" in inputs and context.section("student").backbone.get("embed_dim") is None:
            complete_student(context, Embeddings.load(inputs["embed"].folder).dim)

    def settings(self, context: Context) -> dict[str, Any]:
        return training_settings(context, "student")

    def entries(self, context: Context) -> Entries:
        return training_entries(context, "student")

    def run(self, context: Context, job: Job) -> None:
        bank = Embeddings.load(job.inputs["embed"].folder) if "embed" in job.inputs else None
        fit(context, self.name, "student", job, bank)
