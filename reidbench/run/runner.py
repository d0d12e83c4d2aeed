"""A run: the index of the data, the stages, then the result record and the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from rich.markup import escape

from reidbench_registry import Owner, ReportSection, RunResult

from .. import config, distributed
from ..config import Experiment
from ..config.modes import MODELS, MODES
from ..config.walk import entries_in
from ..pluginhost import PluginHost
from ..results import provenance
from ..terminal.reporter import Reporter
from ..tools.files import write_json
from ..tools.guarded import read_json
from .context import Context, Output
from .folder import check_name, lay_out, name_of
from .locks import locked

if TYPE_CHECKING:
    from ..data.prepared import Data
    from ..results.record import ResultRecord

    Sections = Sequence[tuple[Owner, ReportSection]]


class Origin(NamedTuple):
    """What a record says about models that another run trained."""

    source: dict[str, Any]
    trained_on: list[dict[str, Any]]


def prepare(path: Path, options: list[str], seed: int | None, work_dir: Path) -> Context:
    """Read and check the config. Imports nothing heavy, writes nothing."""
    host = PluginHost()
    if seed is not None:
        options = [*options, f"run.seed={seed}"]
    experiment = config.resolve(config.load(path), options, host)
    name = experiment.run.name
    if name is None:
        name = name_of(path, f"-seed{experiment.run.seed}", options)
    return context_of(experiment, host, work_dir, name)


def context_of(
    experiment: Experiment, host: PluginHost, work_dir: Path, name: str, **given: Any
) -> Context:
    """The context of the run `name`. Raises ConfigError for a name that is none."""
    run_dir = work_dir / check_name(name)
    return Context(experiment, host, work_dir, run_dir, Reporter(run_dir / "log.jsonl"), **given)


def execute(context: Context, other: Origin | None = None) -> ResultRecord | None:
    """Run the stages and write `result.json` and the reports; returns the record, on all ranks but
    0 None.

    `other`: what the record says about the run whose models are evaluated."""
    import torch

    from .index import index
    from .pipeline import execute as execute_stage
    from .pipeline import walk
    from .preflight import check_data, preflight

    def waiting(holder: str) -> None:
        context.reporter.console.print(f"waiting for {escape(holder)}, which writes this run")

    name = context.run_dir.name
    with (
        context.process_group(),
        locked(context.work_dir, f"run-{name}", f"the same run, {name}", waiting),
    ):
        if context.experiment.run.threads is not None:
            torch.set_num_threads(context.experiment.run.threads)
        preflight(context)
        if distributed.is_main():
            lay_out(context)
            write_json(context.run_dir / "environment.json", provenance.environment())
        context.call("reidbench_before_run", run=context.info())
        data = index(context)
        check_data(context, data)
        outputs = walk(context, data, execute_stage)
        if not distributed.is_main():
            return None
        result, sections = _record(context, data, outputs, other)
    # Outside the process group: the other ranks do not take part.
    if context.experiment.run.report:
        from .reporting import write_report

        write_report(context, sections)
    return result


def _record(
    context: Context, data: Data, outputs: dict[str, Output], other: Origin | None
) -> tuple[ResultRecord, Sections]:
    """Write the result of the stage `evaluate` with all that a reader needs to know about it, and
    `report.md`; the record, and what plugins add to the report."""
    from ..results import record, report
    from ..results.origin import declared
    from .cost import read_costs
    from .device import device_of
    from .stages.evaluate import read_scores
    from .trained import seen

    experiment = context.experiment
    device = device_of(experiment.run)
    dataset = asdict(data.card) | {"fingerprint": data.fingerprint}
    trained_on = seen(dataset, outputs) if other is None else other.trained_on
    result = record.build(
        status="submitted",
        run=context.run_dir.name,
        reidbench=provenance.version(),
        seed=experiment.run.seed,
        protocol=experiment.evaluation.protocol["type"],
        dataset=dataset,
        trained_on=[*trained_on, *map(declared, experiment.run.trained_on)],
        source=None if other is None else other.source,
        conditions=_conditions(experiment, outputs),
        cost=read_costs(outputs["evaluate"].folder, device),
        scores=read_scores(outputs["evaluate"]),
        components=_components(context),
        stages={n: o.key for n, o in outputs.items() if n not in context.given},
        environment=provenance.summary(str(device)),
    )
    record.write(context.run_dir / "result.json", result)
    for_hooks = RunResult(context.info(), result.as_json())
    sections = context.call("reidbench_add_report_section", ReportSection, result=for_hooks)
    report.write(context.run_dir / "report.md", result, sections)
    context.call("reidbench_after_run", result=for_hooks)
    return result, sections


def _components(context: Context) -> list[dict[str, str]]:
    """Provenance of every entry that was used, each once."""
    from .tasks import task_configs

    used = [*entries_in(context.experiment), *(("task", cfg) for cfg in task_configs(context))]
    entries = dict.fromkeys(context.host.find(kind, cfg["type"]) for kind, cfg in used)
    return [provenance.component(entry) for entry in entries]


def _conditions(experiment: Experiment, outputs: Mapping[str, Output]) -> dict[str, Any]:
    """Deployment mode -> what changes its numbers without changing what they are numbers of."""
    from .models import SOURCES

    def model(name: str) -> dict[str, Any] | None:
        section = getattr(experiment, MODELS[name])
        if section is None:
            return None
        selection = section.train.selection if section.train else "untrained"
        weights = outputs[SOURCES[name].weights].folder
        unlabelled = read_json(weights / "training.json").get("unlabelled", 0)
        return {
            "neck": section.neck,
            "tap": section.tap,
            "selection": selection,
            "unlabelled": unlabelled,
            "dim": experiment.evaluation.dim,
        }

    return {
        mode: {
            "query": model(MODES[mode].query),
            "gallery": model(MODES[mode].gallery),
            "precision": experiment.run.precision,
            "test_time_augmentation": None,
            "re_ranking": None,
        }
        for mode in experiment.evaluation.modes
    }
