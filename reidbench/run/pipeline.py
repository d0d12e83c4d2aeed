"""The stages of a run, as one table, and the walk over it.

A new stage is a file in `stages/` and a line here.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from reidbench_registry import StageInfo

from .. import distributed, signals
from ..data.prepared import Data
from ..pluginhost import EntryFailed
from ..results import provenance
from ..tools.digests import json_digest
from .context import Context, Output
from .locks import locked
from .stage import Job, Stage
from .stages.distill import Distill
from .stages.embed import Embed
from .stages.evaluate import Evaluate
from .stages.teacher import Teacher
from .store import link

STAGES: tuple[Stage, ...] = (Teacher(), Embed(), Distill(), Evaluate())
"""In the order in which they run."""

Visit = Callable[[Context, Stage, Data, Mapping[str, Output]], Output]


def walk(context: Context, data: Data, visit: Visit) -> dict[str, Output]:
    """Visit every stage that the run has, with the outputs that it needs; stage -> its output.
    Outputs that another run gives are taken as they are."""
    outputs = dict(context.given)
    for stage in STAGES:
        if stage.name in outputs or not stage.wanted(context):
            continue
        inputs = {name: outputs[name] for name in stage.needs if name in outputs}
        stage.complete(context, inputs)
        outputs[stage.name] = visit(context, stage, data, inputs)
    return outputs


def key_of(
    context: Context, stage: Stage, data: Data, inputs: Mapping[str, Output]
) -> tuple[str, dict[str, Any]]:
    """The key of a stage, and what it is made from."""
    run = context.experiment.run
    entries = [(context.host.find(kind, cfg["type"]), cfg) for kind, cfg in stage.entries(context)]
    material = {
        "stage": stage.name,
        "settings": stage.settings(context),
        "components": [provenance.component(e) for e in dict.fromkeys(e for e, _ in entries)],
        "files": [files for e, cfg in entries if (files := provenance.named_files(e, cfg))],
        "reidbench": provenance.version(),
        "data": data.fingerprint,
        "pictures": data.contents.digest_of(data.records),
        "seed": run.seed,
        "precision": run.precision,
        "inputs": {name: output.key for name, output in inputs.items()},
    }
    return json_digest(material), material


def execute(context: Context, stage: Stage, data: Data, inputs: Mapping[str, Output]) -> Output:
    """Run a stage, or skip it when its output is present and whole. Another process that makes the
    same output is waited for."""
    key, material = key_of(context, stage, data, inputs)
    store, shown = context.store, context.run_dir / stage.name

    def waiting(holder: str) -> None:
        context.reporter.line(stage.name, f"waiting for {holder}, which makes it")

    def work(out: Any) -> None:
        stage.run(context, Job(data, inputs, out, store.partial(stage.name, key)))

    with locked(context.work_dir, store.name(stage.name, key), context.run_dir.name, waiting):
        present = _show(context, stage, key)
        if not present:
            with _located(context, stage):
                store.make(stage.name, key, material, work)
            _show(context, stage, key)
    words = f"present ({key[:8]}), skipped" if present else f"done ({key[:8]})"
    context.reporter.line(stage.name, words, key=key)
    info = StageInfo(context.info(), stage.name, shown, key, present)
    context.call("reidbench_after_stage", stage=info)
    if signals.received() is not None:
        raise KeyboardInterrupt  # it came during the last step of a training
    return Output(shown, key)


@contextlib.contextmanager
def _located(context: Context, stage: Stage) -> Iterator[None]:
    """An entry that fails is named with its stage, in the log too."""
    try:
        yield
    except EntryFailed as error:
        error.stage = error.stage or stage.name
        context.reporter.event(stage.name, "failed", error=str(error), step=error.step)
        raise


def _show(context: Context, stage: Stage, key: str) -> bool:
    """Link the output into the run folder, if it is present and whole; on every rank, the answer
    of rank 0."""
    present = False
    if distributed.is_main() and context.store.has(stage.name, key):
        try:
            link(context.store.folder(stage.name, key), context.run_dir / stage.name)
            present = True
        except FileNotFoundError:  # somebody deleted it at this moment: it is made again
            pass
    return distributed.broadcast(present)
