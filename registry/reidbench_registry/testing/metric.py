"""Metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..types import Ranks
from .subject import Subject, require

if TYPE_CHECKING:
    import numpy as np

RANKS = ([1], [1, 2, 3], [4, 9], [40], [2, 3, 50, 51])
"""Of the positives of five queries."""


def _ranks(lists: tuple[list[int], ...], identities: bool = False) -> Ranks:
    import numpy as np

    ranks = np.array([r for one in lists for r in one], np.int64)
    offsets = np.cumsum([0, *map(len, lists)]).astype(np.int64)
    above = np.array([one[0] // 2 for one in lists], np.int64) if identities else None
    return Ranks(ranks, offsets, above)


def _figures(metric: Any, ranks: Ranks) -> dict[str, np.ndarray]:
    import numpy as np

    figures = metric(ranks)
    count = len(ranks.offsets) - 1
    require(figures and all(isinstance(n, str) for n in figures), f"no named figures: {figures!r}")
    for name, values in figures.items():
        require(isinstance(values, np.ndarray), f"{name} is no array")
        require(values.dtype == np.float64, f"{name} is {values.dtype}, not float64")
        require(values.shape == (count,), f"{name} has shape {values.shape}, expected ({count},)")
        require(np.isfinite(values).all(), f"{name} is not finite")
        require(((values >= 0) & (values <= 1)).all(), f"{name} leaves [0, 1]")
    return dict(figures)


def gives_a_figure_per_query(subject: Subject) -> None:
    """float64[Nq] in [0, 1] under each name, for tasks that count items and for those that count
    identities."""
    metric = subject.build()
    for identities in (False, True):
        _figures(metric, _ranks(RANKS, identities))


def judges_each_query_alone(subject: Subject) -> None:
    """A query's figure does not depend on the other queries."""
    metric = subject.build()
    for identities in (False, True):
        together = _figures(metric, _ranks(RANKS, identities))
        for i, one in enumerate(RANKS):
            for name, values in _figures(metric, _ranks((one,), identities)).items():
                a, b = values[0], together[name][i]
                require(abs(a - b) < 1e-12, f"{name}: {a} alone, {b} among others")


def rewards_better_ranks(subject: Subject) -> None:
    """Positives at the very front score at least as much as at the end."""
    metric = subject.build()
    best, worst = _ranks(([1, 2, 3],)), _ranks(([98, 99, 100],))
    above = _figures(metric, worst)
    for name, values in _figures(metric, best).items():
        require(values[0] >= above[name][0], f"{name} is higher for worse ranks")


def survives_no_queries(subject: Subject) -> None:
    """No queries: empty arrays under the same names."""
    metric = subject.build()
    names = _figures(metric, _ranks(RANKS)).keys()
    require(_figures(metric, _ranks(())).keys() == names, "other names without queries")


def is_deterministic(subject: Subject) -> None:
    """The same ranks give the same figures, and are left as they were."""
    import numpy as np

    ranks, untouched = _ranks(RANKS), _ranks(RANKS)
    first, again = _figures(subject.build(), ranks), _figures(subject.build(), ranks)
    for name in first:
        require(np.array_equal(first[name], again[name]), f"{name} differs for the same ranks")
    require(np.array_equal(ranks.ranks, untouched.ranks), "it changes the ranks that it is given")
