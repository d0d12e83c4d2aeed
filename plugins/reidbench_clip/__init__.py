"""CLIP student."""

import warnings

from reidbench_registry import Registrar, ReportSection, RunResult, hookimpl

from .foundation import mismatch


@hookimpl
def reidbench_register(catalog: Registrar) -> None:
    catalog.add("backbone", "OpenCLIP", "reidbench_clip.openclip:OpenCLIP")


@hookimpl
def reidbench_add_report_section(result: RunResult) -> ReportSection | None:
    line = mismatch(result)
    return ReportSection("Another world's foundation", line) if line else None


@hookimpl
def reidbench_after_run(result: RunResult) -> None:
    if line := mismatch(result):
        warnings.warn(line, stacklevel=1)
