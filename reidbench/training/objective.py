"""The training objective: named terms, each logged unweighted, and their weighted sum."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Generic, NamedTuple, TypeVar, cast

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
    whole: bool = False
    """Only the whole embedding will do: the term was built for its dimension."""


class Objective(nn.Module):
    """task_weight * sum of weighted losses + sum of weighted distillers.

    A student of another dimension than its teacher is projected by a learned linear map before
    the distillers that need equal dimensions; the map exists in training only.

    dims: so many leading dimensions are seen by the terms, too (Matryoshka, Kusupati et al.,
        NeurIPS 2022); the value of a term that sees them is the mean over all of them and the whole
        embedding. Those that need logits or are `whole` see the whole embedding only."""

    def __init__(
        self,
        losses: Sequence[Weighted[Loss]],
        distillers: Sequence[Weighted[Distiller]] = (),
        task_weight: float = 1.0,
        bank: Tensor | None = None,
        student_dim: int = 0,
        dims: Sequence[int] = (),
    ) -> None:
        super().__init__()
        self.losses, self.distillers = losses, distillers
        self.task_weight = task_weight
        self.bank = bank
        self.dims = dims
        # Terms with parameters of their own are trained and moved along.
        terms = [*(w.term for w in losses), *(w.term for w in distillers)]
        self.terms = nn.ModuleList([t for t in terms if isinstance(t, nn.Module)])
        self.projections = nn.ModuleDict()
        if bank is not None:
            for distiller in self.distillers:
                with blamed_on(distiller.term, "fit"):
                    distiller.term.fit(bank)
            if any(d.term.needs_equal_dims for d in self.distillers):
                for dim in (student_dim, *dims):
                    if dim != bank.shape[1]:
                        self.projections[str(dim)] = nn.Linear(dim, bank.shape[1], bias=False)

    @property
    def projection(self) -> nn.Linear | None:
        """The first map into the teacher's space, where there is one."""
        return cast(nn.Linear | None, next(iter(self.projections.values()), None))

    def label_of(self, term: str) -> str:
        """The entry that a named term comes from."""
        for name, _, entry, _ in (*self.losses, *self.distillers):
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
        for name, weight, loss, whole in self.losses:
            cuts = self._cuts(embedding, whole or getattr(loss, "needs_logits", False))
            found: dict[str, list[Tensor]] = {}
            for features in cuts:
                with blamed_on(loss, "a training step"):
                    values = loss(
                        features[:known],
                        labels,
                        modality[:known],
                        logits[:known] if logits is not None else None,
                    )
                if not isinstance(values, Mapping):
                    kind = type(values).__name__
                    raise broken_contract(loss, f"returned {kind}, expected a dict")
                for part, value in values.items():
                    _check_scalar(loss, value)
                    found.setdefault(part, []).append(value)
            for part, over_cuts in found.items():
                value = _mean(over_cuts)
                terms[part if part.lower() == name.lower() else f"{name}.{part}"] = value
                total = total + self.task_weight * weight * value
        if self.distillers:
            assert self.bank is not None
            teacher = self.bank[indices.to(self.bank.device)].to(embedding.device, torch.float32)
            for name, weight, distiller, whole in self.distillers:
                over_cuts = []
                for features in self._cuts(embedding, whole):
                    student = features
                    if distiller.needs_equal_dims and str(features.shape[1]) in self.projections:
                        student = self.projections[str(features.shape[1])](features)
                    with blamed_on(distiller, "a training step"):
                        value = distiller(student, teacher, modality)
                    _check_scalar(distiller, value)
                    over_cuts.append(value)
                terms[name] = value = _mean(over_cuts)
                total = total + weight * value
        return total, terms

    def _cuts(self, embedding: Tensor, whole: bool) -> list[Tensor]:
        """The embedding and, unless `whole`, its leading dimensions."""
        return [embedding, *(embedding[:, :dim] for dim in ([] if whole else self.dims))]


def _mean(values: Sequence[Tensor]) -> Tensor:
    return values[0] if len(values) == 1 else torch.stack(list(values)).mean()


def _check_scalar(term: Loss | Distiller, value: Any) -> None:
    if not isinstance(value, Tensor) or value.ndim:
        shape = list(value.shape) if isinstance(value, Tensor) else type(value).__name__
        raise broken_contract(term, f"returned {shape}, expected a scalar tensor")
