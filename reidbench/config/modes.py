"""Deployment modes: which model embeds the queries, and which the gallery.

A further mode is a line of `MODES`; a further model is a line of `MODELS` here and one of
`run/models.py`, which says how it is opened.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

MODELS: dict[str, str] = {"teacher": "teacher", "student": "student"}
"""Model -> the section of a config that describes it."""


@dataclass(frozen=True)
class Mode:
    name: str
    query: str
    """The model that embeds queries."""
    gallery: str
    """The model that embeds the gallery."""

    @property
    def models(self) -> tuple[str, ...]:
        """The models that the mode needs, each once."""
        return tuple(dict.fromkeys((self.query, self.gallery)))

    @property
    def mixes_models(self) -> bool:
        """Whether features of two models are compared: they must have one dimension."""
        return self.query != self.gallery

    def possible_with(self, models: Container[str]) -> bool:
        return all(model in models for model in self.models)


MODES: dict[str, Mode] = {
    mode.name: mode
    for mode in (
        Mode("cloud", "teacher", "teacher"),
        Mode("edge", "student", "student"),
        Mode("edge-cloud", "student", "teacher"),
    )
}


def alone(model: str) -> Mode:
    """The mode in which `model` embeds both sides."""
    return next(m for m in MODES.values() if m.models == (model,))
