"""Where the models of the deployment modes come from.

A further model is a line of `SOURCES`, beside its line in `config/modes.py` and the stage that
makes it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reidbench_registry import Record

from ..embeddings import Embeddings
from ..embeddings.extract import extract
from ..models import checkpoint
from ..models.build import build_model
from ..models.model import ReIDModel
from .context import Context, Output
from .device import device_of
from .usable import usable


def _open_checkpoint(context: Context, model: str, output: Output) -> ReIDModel:
    built = build_model(context.create, context.section(model), context.experiment.run.seed)
    checkpoint.load(built, output.folder)
    return built


@dataclass(frozen=True)
class Source:
    """What makes a model, and what embeds with it."""

    weights: str
    """The stage whose output holds its weights."""
    bank: str | None = None
    """The stage whose output holds its embeddings; None: it embeds when it is evaluated."""
    open: Callable[[Context, str, Output], ReIDModel] = _open_checkpoint
    """(context, model, output of `weights`) -> the model, ready to embed"""

    @property
    def reads(self) -> str:
        """The stage whose output the evaluation reads."""
        return self.bank or self.weights


SOURCES: dict[str, Source] = {
    "teacher": Source(weights="teacher", bank="embed"),
    "student": Source(weights="distill"),
}
PLACES = {"teacher": "embed", "student": "evaluate/student"}
"""Model -> where a run keeps its embeddings."""


def embeddings_of(
    context: Context,
    model: str,
    inputs: Mapping[str, Output],
    records: Sequence[Record],
    out: Path,
) -> Embeddings:
    """A model's embeddings of the records that it can embed: its bank, or embedded now and kept in
    `out`."""
    source = SOURCES[model]
    if source.bank is not None:
        return Embeddings.load(inputs[source.bank].folder)
    opened = source.open(context, model, inputs[source.weights])
    run = context.experiment.run
    embeddings = extract(
        opened,
        usable(records, opened.backbone, "evaluate"),
        context.experiment.evaluation.batch_size,
        device_of(run),
        run.workers,
        context.reporter.track,
        f"embedding with the {model}",
    )
    embeddings.save(out)
    return embeddings
