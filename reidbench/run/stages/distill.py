"""Stage distill: train the edge model, with the teacher's bank where there is one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...models.build import with_teacher_dim
from ...tools.digests import files_digest
from ..banks import folders, own_bank, teachers_bank
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
        section = context.section("student")
        if section.backbone.get("embed_dim") is not None:
            return
        # Of the features that it is compared with, or else of those that it learns from.
        bank = own_bank(inputs) or teachers_bank(section, inputs)
        if bank is not None:
            complete_student(context, bank.dim)

    def settings(self, context: Context) -> dict[str, Any]:
        settings = training_settings(context, "student")
        if settings["train"] is not None:
            banks = folders(context.section("student"))
            settings["train"]["banks"] = [files_digest(folder) for folder in banks]
        return settings

    def entries(self, context: Context) -> Entries:
        return training_entries(context, "student")

    def run(self, context: Context, job: Job) -> None:
        bank = own_bank(job.inputs)
        taught = teachers_bank(context.section("student"), job.inputs)
        fit(context, self.name, "student", job, bank, taught)
