"""A run: data -> teacher -> embed -> distill -> evaluate, then the result record."""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reidbench_registry import ReportSection, RunResult

from .. import config, processes, provenance, results
from ..config import Experiment
from ..config.schema import SIDES, Student, Teacher
from ..pluginhost import PluginHost
from ..reporter import Reporter
from ..tools.files import write_json
from . import report
from .context import Context, Output
from .store import key_of

if TYPE_CHECKING:
    from .stages.data import Data


def prepare(path: Path, options: list[str], seed: int | None, work_dir: Path) -> Context:
    """Read and check the config and lay out the run folder. Imports nothing heavy."""
    host = PluginHost()
    if seed is not None:
        options = [*options, f"run.seed={seed}"]
    experiment = config.resolve(config.load(path), options, host)
    name = experiment.run.name or name_of(path, f"-seed{experiment.run.seed}", options)
    return lay_out(experiment, host, work_dir, name)


def lay_out(experiment: Experiment, host: PluginHost, work_dir: Path, name: str) -> Context:
    """The run folder `name`, with the config and without the result of an earlier run."""
    run_dir = work_dir / name
    if processes.is_main():
        run_dir.mkdir(parents=True, exist_ok=True)
        # A result must never stand beside a config that it does not come from.
        for file in ("result.json", "report.md"):
            (run_dir / file).unlink(missing_ok=True)
        write_json(run_dir / "config.json", asdict(experiment))
    return Context(experiment, host, work_dir, run_dir, Reporter(run_dir / "log.jsonl"))


def name_of(path: Path, seed: str, options: list[str]) -> str:
    """A name for what a config and its overrides describe."""
    stem = re.sub(r"[^\w.-]", "-", path.stem)
    changed = sorted(o for o in options if not o.startswith("run.seed="))
    return f"{stem}{seed}" + (f"-{key_of(changed)[:6]}" if changed else "")


def execute(context: Context) -> dict[str, Any]:
    """Walk the stages and write `result.json`; returns the record, which is empty for all but the
    main of processes that were started together."""
    from .stages import data, distill, embed, evaluate, teacher

    with context.together():
        start(context)
        experiment = context.experiment
        found = data.run(context)
        taught = bank = None
        if experiment.teacher is not None:
            taught = teacher.run(context, found)
            bank = embed.run(context, found, taught)
        student = distill.run(context, found, bank) if experiment.needs("student") else None
        scored = evaluate.run(context, found, bank, student)
        outputs = {"teacher": taught, "embed": bank, "distill": student, "evaluate": scored}
        return record(context, found, {name: o for name, o in outputs.items() if o}, source=None)


def start(context: Context) -> None:
    """What comes before the stages: threads, the environment on record, a look at the config."""
    import torch

    from .preflight import preflight

    if context.experiment.run.threads is not None:
        torch.set_num_threads(context.experiment.run.threads)
    if processes.is_main():
        write_json(context.run_dir / "environment.json", provenance.environment())
    preflight(context)
    context.call("reidbench_before_run", run=context.info())


def record(
    context: Context, found: Data, outputs: dict[str, Output], source: dict[str, Any] | None
) -> dict[str, Any]:
    """Write the result of the stage `evaluate` with all that a reader needs to know about it, and
    the report."""
    if not processes.is_main():
        return {}
    from .stages import evaluate
    from .tasks import tasks_config

    experiment = context.experiment
    tasks = [context.host.find("task", t["type"]) for t in tasks_config(context)]
    written = results.write(
        context.run_dir / "result.json",
        run=context.run_dir.name,
        reidbench=provenance.version(),
        seed=experiment.run.seed,
        protocol=experiment.evaluation.protocol["type"],
        dataset=asdict(found.card) | {"fingerprint": found.fingerprint},
        source=source,
        conditions=_conditions(context),
        scores=evaluate.scores(outputs["evaluate"]),
        components=[
            *context.components(experiment),
            *(provenance.component(e) for e in dict.fromkeys(tasks)),
        ],
        stages={name: output.key for name, output in outputs.items()},
    )
    result = RunResult(context.info(), written)
    sections = context.call("reidbench_add_report_section", ReportSection, result=result)
    report.write(context.run_dir / "report.md", written, sections)
    context.call("reidbench_after_run", result=result)
    return written


def _conditions(context: Context) -> dict[str, Any]:
    """What changes a number without changing what it is a number of."""
    experiment = context.experiment

    def model(section: Teacher | Student | None) -> dict[str, str] | None:
        if section is None:
            return None
        selection = section.train.selection if section.train else "untrained"
        return {"neck": section.neck, "tap": section.tap, "selection": selection}

    models = {"teacher": model(experiment.teacher), "student": model(experiment.student)}
    return {
        mode: {
            "query": models[SIDES[mode][0]],
            "gallery": models[SIDES[mode][1]],
            "precision": experiment.run.precision,
            "test_time_augmentation": None,
            "re_ranking": None,
        }
        for mode in experiment.evaluation.modes
    }
