"""The hooks that a plugin can implement; more about them in `docs/hooks.md`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

import pluggy

from .runs import ReportSection, RunInfo, RunResult, StageInfo

if TYPE_CHECKING:
    from .catalog import Registrar

API_VERSION = (1, 1)
"""Version of this contract: (major, minor). A minor version adds; a major version removes or
changes. A plugin may say with `REIDBENCH_API = (major, minor)` in its module which version it was
written for."""

PROJECT = "reidbench"
ENTRY_POINT_GROUP = "reidbench.plugins"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def reidbench_register(catalog: Registrar) -> None:
    """Register the entries of this plugin: `catalog.add(kind, name, "module:Class")`."""


@hookspec
def reidbench_add_commands(subparsers: argparse._SubParsersAction) -> None:
    """Add verbs to the command line: `subparsers.add_parser(...)` with a default `handler`."""


@hookspec
def reidbench_before_run(run: RunInfo) -> None:
    """A run or an evaluation of its student is checked and has its folder; the stages come next."""


@hookspec
def reidbench_after_stage(stage: StageInfo) -> None:
    """The output of a stage is there: made now, or by an earlier run."""


@hookspec
def reidbench_add_report_section(result: RunResult) -> ReportSection | None:
    """Return a section for the run's `report.md`, or None."""


@hookspec
def reidbench_after_run(result: RunResult) -> None:
    """`result.json` and `report.md` are written."""
