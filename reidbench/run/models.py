"""Where the models of the deployment modes come from.

A further model is a line of `SOURCES`, beside its line in `config/modes.py` and the stage that
makes it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reidbench_registry import ConfigError, Record

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
    def stages(self) -> tuple[str, ...]:
        """The stages whose outputs the evaluation reads."""
        return (self.weights,) if self.bank is None else (self.weights, self.bank)


SOURCES: dict[str, Source] = {
    "teacher": Source(weights="teacher", bank="embed"),
    "student": Source(weights="distill"),
}
PLACES = {"teacher": "embed", "student": "evaluate/student"}
"""Model -> where a run keeps its embeddings."""


def bank_of(folder: Path, model: str, dim: int | None) -> Embeddings:
    """A model's embeddings in a finished run's folder, of them the leading `dim` dimensions that
    were scored (None: all). Raises DataError where they are missing or damaged."""
    bank = Embeddings.load(folder / PLACES[model])
    return bank if dim is None else Embeddings(bank.features[:, :dim], bank.item_ids)


def embeddings_of(
    context: Context,
    model: str,
    open: Callable[[str], ReIDModel],
    inputs: Mapping[str, Output],
    records: Sequence[Record],
    out: Path,
) -> Embeddings:
    """A model's embeddings of the records that it can embed: its bank, or embedded now with what
    `open` gives, and kept in `out`; of them the dimensions that are scored."""
    bank = SOURCES[model].bank
    if bank is not None:
        return scored_part(context, model, Embeddings.load(inputs[bank].folder))
    embeddings = embed(context, open(model), records, f"embedding with the {model}")
    embeddings.save(out)
    return scored_part(context, model, embeddings)


def scored_part(context: Context, model: str, embeddings: Embeddings) -> Embeddings:
    """The leading dimensions that are scored. Raises ConfigError where there are fewer."""
    dim = context.experiment.evaluation.dim
    if dim is None:
        return embeddings
    if dim > embeddings.dim:
        raise ConfigError(
            f"evaluation.dim: {dim}, but the {model}'s features have {embeddings.dim} dimensions"
        )
    return Embeddings(embeddings.features[:, :dim], embeddings.item_ids)


def embed(
    context: Context, opened: ReIDModel, records: Sequence[Record], description: str
) -> Embeddings:
    """The records that a model can embed, embedded as the run's settings say."""
    run = context.experiment.run
    return extract(
        opened,
        usable(records, opened.backbone, "evaluate"),
        context.experiment.evaluation.batch_size,
        device_of(run),
        run.workers,
        context.reporter.track,
        description,
    )
