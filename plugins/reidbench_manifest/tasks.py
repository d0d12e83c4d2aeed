"""Tasks that are defined in a config."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from reidbench_registry import ConfigError, EvalProtocol, Exclusion, Selector, Task, Trials


def retrieval(
    query: str,
    gallery: str,
    name: str | None = None,
    split: str = "test",
    exclude: Exclusion = "none",
    cmc: Literal["item", "identity"] = "item",
    query_cameras: Sequence[str] | None = None,
    gallery_cameras: Sequence[str] | None = None,
    by_role: bool = False,
    dataset: str | None = None,
    trials: Mapping[str, Any] | None = None,
) -> Task:
    """Queries of one modality against a gallery of another, or of the same.

    query: a modality; `ir+sketch` for composite queries.
    gallery: a modality.
    name: None: `<query>2<gallery>`.
    split: of both.
    exclude, cmc: see `reidbench_registry.Task`.
    query_cameras, gallery_cameras: None: all.
    by_role: True: only items with the role `query` are queries, and only those with the role
        `gallery` are in the gallery.
    dataset: one of several in a joined index; None: all.
    trials: `number`, `shots`, `origin` of `reidbench_registry.Trials`; None: the whole gallery.

    Raises ConfigError for an unknown modality, rule or field."""
    for side, modality in (("query", query), ("gallery", gallery)):
        if not isinstance(modality, str):
            raise ConfigError(f"Retrieval: {side}={modality!r} is not a modality")
    try:
        drawn = None if trials is None else Trials(**trials)
    except TypeError:
        raise ConfigError(
            f"Retrieval: trials={trials!r}, expected number, shots and origin"
        ) from None
    return Task(
        name or f"{query}2{gallery}",
        Selector(query, split, query_cameras, "query" if by_role else None, dataset),
        Selector(gallery, split, gallery_cameras, "gallery" if by_role else None, dataset),
        exclude,
        cmc,
        drawn,
    )


def tasks(tasks: Sequence[Mapping[str, Any]], name: str = "tasks") -> EvalProtocol:
    """The tasks of the list, each the config of a task entry. Raises ConfigError for another list
    or an empty one."""
    if (
        not isinstance(tasks, Sequence)
        or not tasks
        or not all(isinstance(t, Mapping) for t in tasks)
    ):
        raise ConfigError(f"Tasks: tasks={tasks!r} is not a list of configs such as dict(type=...)")
    return EvalProtocol(name, tuple(dict(t) for t in tasks))


# Arguments for the conformance kit: these two have none by default.
retrieval.conformance = lambda folder: {"query": "ir+sketch", "gallery": "rgb"}  # type: ignore[attr-defined]
tasks.conformance = lambda folder: {  # type: ignore[attr-defined]
    "tasks": [{"type": "Retrieval", "query": "text", "gallery": "rgb"}]
}
