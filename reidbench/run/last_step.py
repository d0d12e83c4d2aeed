"""The last step's figures, beside those of weights that were selected on the split val."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from reidbench_registry import Record, Task

from ..config.modes import MODES
from ..embeddings import Embeddings
from ..evaluation.scoring import Pair, Scores
from ..tools.guarded import read_json
from .context import Context, Output
from .models import SOURCES, embed, scored_part

FOLDER = "last"
"""In the output of a training: the last step's weights, where others were selected."""

Chosen = Sequence[tuple[Task, str]]


class LastStep(NamedTuple):
    """A model after its last step."""

    step: int
    embeddings: Embeddings | None
    """None: the selected weights are those of the last step."""


def last_step(
    context: Context, model: str, inputs: Mapping[str, Output], records: Sequence[Record]
) -> LastStep | None:
    """The records embedded with the last step's weights; None where none were selected."""
    source = SOURCES[model]
    weights = inputs[source.weights]
    training = read_json(weights.folder / "training.json")
    if training["selection"] != "val":
        return None
    if training["step"] == training["steps"]:
        return LastStep(training["steps"], None)
    opened = source.open(context, model, Output(weights.folder / FOLDER, weights.key))
    embeddings = embed(context, opened, records, f"embedding with the {model} of the last step")
    return LastStep(training["steps"], scored_part(context, model, embeddings))


def add_last_step(
    rows: Sequence[dict[str, Any]],
    chosen: Chosen,
    models: Mapping[str, LastStep | None],
    embeddings: Mapping[str, Embeddings],
    score: Callable[[Chosen, Mapping[str, Pair], str], Scores],
) -> None:
    """Write `last` into the rows whose queries' model was selected. The gallery is embedded at the
    last step where its model is the same one."""
    again, pairs = [], {}
    for task, mode in chosen:
        asks, answers = MODES[mode].query, MODES[mode].gallery
        last = models.get(asks)
        if last is not None and last.embeddings is not None:
            gallery = last.embeddings if answers == asks else embeddings[answers]
            pairs[mode] = Pair(last.embeddings, gallery)
            again.append((task, mode))
    of_last = score(again, pairs, "scoring the last step").rows if again else []
    found = {_key(row): row["metrics"] for row in of_last}
    for row in rows:
        if last := models.get(MODES[row["mode"]].query):
            row["last"] = {"step": last.step, "metrics": found.get(_key(row), row["metrics"])}


def _key(row: Mapping[str, Any]) -> tuple[str, str]:
    return row["identity"]["task"]["name"], row["mode"]
