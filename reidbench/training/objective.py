"""The training objective: named terms, each logged unweighted, and their weighted sum."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

import torch
from torch import Tensor, nn

from reidbench_registry import Distiller, Loss

from ..models.model import Outputs
from ..pluginhost import blamed_on, broken_contract, label_of

T = TypeVar("T")


class Weighted(NamedTuple, Generic[T]):
    """A loss or a distiller with its name and its weight in the config."""

    name: str
    weight: float
    term: T


class Objective(nn.Module):
    """task_weight * sum of weighted losses + sum of weighted distillers.

    A student of another dimension than its teacher is projected by a learned linear map before
    the distillers that need equal dimensions; the map exists in training only."""

    def __init__(
        self,
        losses: Sequence[Weighted[Loss]],
        distillers: Sequence[Weighted[Distiller]] = (),
        task_weight: float = 1.0,
        bank: Tensor | None = None,
        student_dim: int = 0,
    ) -> None:
        super().__init__()
        self.losses, self.distillers = losses, distillers
        self.task_weight = task_weight
        self.bank = bank
        # Terms with parameters of their own are trained and moved along.
        terms = [*(w.term for w in losses), *(w.term for w in distillers)]
        self.terms = nn.ModuleList([t for t in terms if isinstance(t, nn.Module)])
        self.projection: nn.Linear | None = None
        if bank is not None:
            for distiller in self.distillers:
                with blamed_on(distiller.term, "fit"):
                    distiller.term.fit(bank)
            unequal = bank.shape[1] != student_dim
            if unequal and any(d.term.needs_equal_dims for d in self.distillers):
                self.projection = nn.Linear(student_dim, bank.shape[1], bias=False)

    def label_of(self, term: str) -> str:
        """The entry that a named term comes from."""
        for name, _, entry in (*self.losses, *self.distillers):
            if term.partition(".")[0].lower() == name.lower():
                return f"{term} ({label_of(entry)})"
        return term

    def forward(
        self, outputs: Outputs, indices: Tensor, labels: Tensor, modality: Tensor
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Outputs of B records, their indices[B] (rows of the bank), modality[B], and labels[L] of
        the first L records -> (total, unweighted terms by name). The other records have no label:
        the losses do not see them. Computed in fp32."""
        embedding = outputs.embedding.float()
        logits = outputs.logits.float() if outputs.logits is not None else None
        known = len(labels)
        total = embedding.sum() * 0.0
        terms: dict[str, Tensor] = {}
        for name, weight, loss in self.losses:
            with blamed_on(loss, "a training step"):
                values = loss(
                    embedding[:known],
                    labels,
                    modality[:known],
                    logits[:known] if logits is not None else None,
                )
            if not isinstance(values, Mapping):
                raise broken_contract(loss, f"returned {type(values).__name__}, expected a dict")
            for part, value in values.items():
                _check_scalar(loss, value)
                terms[part if part.lower() == name.lower() else f"{name}.{part}"] = value
                total = total + self.task_weight * weight * value
        if self.distillers:
            assert self.bank is not None
            teacher = self.bank[indices.to(self.bank.device)].to(embedding.device, torch.float32)
            for name, weight, distiller in self.distillers:
                equal = distiller.needs_equal_dims
                student = self.projection(embedding) if self.projection and equal else embedding
                with blamed_on(distiller, "a training step"):
                    value = distiller(student, teacher, modality)
                _check_scalar(distiller, value)
                terms[name] = value
                total = total + weight * value
        return total, terms


def _check_scalar(term: Loss | Distiller, value: Any) -> None:
    if not isinstance(value, Tensor) or value.ndim:
        shape = list(value.shape) if isinstance(value, Tensor) else type(value).__name__
        raise broken_contract(term, f"returned {shape}, expected a scalar tensor")
