"""Which weights of a training are its result: the last, or those that validation found best."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor

from .head import ReIDModel
from .resume import changing, put_back


class Validated(NamedTuple):
    """What one look at the split `val` found."""

    value: float
    """The figure that weights are chosen by; higher is better."""
    figures: dict[str, dict[str, float]]
    """task and mode -> metric -> value in [0, 1]"""


class Selection:
    """Looks at `val` every few steps and after the last; keeps the best weights if asked to."""

    def __init__(
        self, model: ReIDModel, validate: Callable[[], Validated], every: int, keep_best: bool
    ) -> None:
        self.model, self.validate, self.every = model, validate, every
        self.keep_best = keep_best
        self.history: list[dict[str, Any]] = []
        """One row a look: `step`, `value`, `figures`"""
        self.best: dict[str, Tensor] = {}

    def look(self, step: int) -> Validated:
        """Validate the model as it is; training draws the same numbers as if nobody had looked."""
        with torch.random.fork_rng():
            found = self.validate()
        if self.keep_best and found.value > max((r["value"] for r in self.history), default=-1.0):
            self.best = {name: t.cpu().clone() for name, t in changing(self.model).items()}
        self.history.append({"step": step, "value": found.value, "figures": found.figures})
        return found

    def put_best(self) -> int:
        """Give the model the weights of the best look, of equals the first; returns its step."""
        put_back(self.model, self.best)
        return max(self.history, key=lambda row: row["value"])["step"]

    def state_dict(self) -> dict[str, Any]:
        return {"history": self.history, "best": self.best}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.history, self.best = state["history"], state["best"]
