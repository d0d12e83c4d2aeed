"""Which weights of a training are its result: the last, or those with the best validation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor

from ..models.model import ReIDModel
from .resume import load_trainable_state, trainable_state


class Validated(NamedTuple):
    """The result of one validation on the split `val`."""

    value: float
    """The figure that weights are chosen by; higher is better."""
    figures: dict[str, dict[str, float]]
    """task and mode -> metric -> value in [0, 1]"""


class Selection:
    """Validates every few steps and after the last; keeps the best weights if `keep_best`."""

    def __init__(
        self, model: ReIDModel, validate: Callable[[], Validated], every: int, keep_best: bool
    ) -> None:
        self.model, self.validate, self.every = model, validate, every
        self.keep_best = keep_best
        self.history: list[dict[str, Any]] = []
        """One row a validation: `step`, `value`, `figures`"""
        self.best: dict[str, Tensor] = {}

    def look(self, step: int) -> Validated:
        """Validate the model as it is. The RNG state of the training is left unchanged."""
        with torch.random.fork_rng():
            result = self.validate()
        if self.keep_best and result.value > max((r["value"] for r in self.history), default=-1.0):
            state = trainable_state(self.model)
            self.best = {name: t.cpu().clone() for name, t in state.items()}
        self.history.append({"step": step, "value": result.value, "figures": result.figures})
        return result

    def load_best(self) -> int:
        """Give the model the weights of the best validation, of equal ones the first; returns its
        step."""
        load_trainable_state(self.model, self.best)
        return max(self.history, key=lambda row: row["value"])["step"]

    def state_dict(self) -> dict[str, Any]:
        return {"history": self.history, "best": self.best}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.history, self.best = state["history"], state["best"]
