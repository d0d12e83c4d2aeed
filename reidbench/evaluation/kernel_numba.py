"""Counting kernel for CPUs: one pass over a row of similarities settles eight thresholds.

Compiled on first use by numba; the compiled code is cached beside this file, or in numba's own
cache folder where that is not writable, or not at all where that is not writable either.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import numba
import numpy as np
from numba.core import event

from .kernel import TOLERANCE, Counts
from .plan import Plan

_WIDTH = 8
"""Thresholds per pass: their counters fit the vector registers."""


def _cache_works() -> bool:
    try:
        numba.njit(cache=True)(lambda: None)
    except RuntimeError:
        return False
    return True


CACHED = _cache_works()
"""Whether there is a folder for what is compiled; numba looks for one when a function is declared.
"""


def count(similarity: np.ndarray, first: int, plan: Plan, inverse_norm: np.ndarray) -> Counts:
    """See `kernel.Kernel`."""
    rows = len(similarity)
    pos, exc = plan.positives, plan.excluded
    sizes = pos.sizes()[first : first + rows]
    start = np.concatenate([[0], np.cumsum(sizes)])
    exact, low, high = (np.empty(start[-1], np.int64) for _ in range(3))
    n_pos, n_out = np.zeros(rows, np.int64), np.zeros(rows, np.int64)
    by_identity = plan.identity is not None
    identity = plan.identity if plan.identity is not None else np.zeros(0, np.int64)
    above = np.zeros((rows if by_identity else 0, 3), np.int64)
    _count(
        similarity, inverse_norm, pos.of_query[first : first + rows], pos.start, pos.columns,
        exc.of_query[first : first + rows], exc.start, exc.columns, plan.tie, identity,
        np.float32(TOLERANCE), start, exact, low, high, n_pos, n_out, above,
    )  # fmt: skip
    kept = np.arange(start[-1]) - np.repeat(start[:-1], sizes) < np.repeat(n_pos, sizes)
    return Counts(exact[kept], low[kept], high[kept], n_pos, n_out, above if by_identity else None)


class _FirstCompile(event.Listener):
    def __init__(self, tell: Callable[[], None]) -> None:
        self._tell: Callable[[], None] | None = tell

    def on_start(self, event: event.Event) -> None:
        if self._tell is not None:
            self._tell()
            self._tell = None

    def on_end(self, event: event.Event) -> None:
        """Nothing to tell."""


@contextlib.contextmanager
def on_compile(tell: Callable[[], None]) -> Iterator[None]:
    """Call `tell` once if numba compiles within the block: it finds nothing in its cache."""
    with event.install_listener("numba:compile", _FirstCompile(tell)):
        yield


@numba.njit(cache=CACHED, nogil=True)
def _above(row, edges, counts):
    """counts[k] = how many values of the row are greater than edges[k]; len(edges) % 8 == 0."""
    zero = np.int32(0)
    for k in range(0, len(edges), _WIDTH):
        t0, t1, t2, t3 = edges[k], edges[k + 1], edges[k + 2], edges[k + 3]
        t4, t5, t6, t7 = edges[k + 4], edges[k + 5], edges[k + 6], edges[k + 7]
        c0 = c1 = c2 = c3 = c4 = c5 = c6 = c7 = zero
        for j in range(len(row)):
            v = row[j]
            # The outer int32 keeps numba from widening the counters, which would cost a factor 13.
            c0 = np.int32(c0 + np.int32(v > t0))
            c1 = np.int32(c1 + np.int32(v > t1))
            c2 = np.int32(c2 + np.int32(v > t2))
            c3 = np.int32(c3 + np.int32(v > t3))
            c4 = np.int32(c4 + np.int32(v > t4))
            c5 = np.int32(c5 + np.int32(v > t5))
            c6 = np.int32(c6 + np.int32(v > t6))
            c7 = np.int32(c7 + np.int32(v > t7))
        counts[k], counts[k + 1], counts[k + 2], counts[k + 3] = c0, c1, c2, c3
        counts[k + 4], counts[k + 5], counts[k + 6], counts[k + 7] = c4, c5, c6, c7


@numba.njit(cache=CACHED, nogil=True)
def _padded(first, second):
    """Both, one after the other, filled up with infinities to whole passes of `_above`."""
    n = len(first) + len(second)
    out = np.full((n + _WIDTH - 1) // _WIDTH * _WIDTH, np.float32(np.inf))
    out[: len(first)] = first
    out[len(first) : n] = second
    return out


@numba.njit(cache=CACHED, nogil=True)
def _place(row, tie, column):
    """Exact rank of a column: those that score higher, and equals that precede it among ties."""
    value, place = row[column], tie[column]
    before = np.int32(1)
    for j in range(len(row)):
        ahead = (row[j] > value) | ((row[j] == value) & (tie[j] < place))
        before = np.int32(before + np.int32(ahead))
    return before


@numba.njit(cache=CACHED, nogil=True)
def _count(
    similarity, inverse_norm, pos_of, pos_start, pos_columns, exc_of, exc_start, exc_columns,
    tie, identity, tolerance, start, exact, low, high, n_pos, n_out, above,
):  # fmt: skip
    seen = np.full((len(identity), 3), -1, np.int64)
    for q in range(len(similarity)):
        if pos_of[q] < 0:
            continue
        row = similarity[q]
        for j in range(len(row)):
            row[j] *= inverse_norm[j]
        if exc_of[q] >= 0:
            out = exc_columns[exc_start[exc_of[q]] : exc_start[exc_of[q] + 1]]
            n_out[q] = len(out)
            for j in out:
                row[j] = -np.inf
        candidates = pos_columns[pos_start[pos_of[q]] : pos_start[pos_of[q] + 1]]
        columns = np.empty(len(candidates), np.int64)
        n = 0
        for j in candidates:
            if row[j] != -np.inf:
                columns[n] = j
                n += 1
        n_pos[q] = n
        if n == 0:
            continue
        columns = columns[:n]
        values = row[columns]

        # Each positive asks twice: what lies above its value's upper edge, and above its lower.
        edges = _padded(values + tolerance, values - tolerance)
        counts = np.empty(len(edges), np.int64)
        _above(row, edges, counts)
        # Nothing else within the tolerance: the usual case, and the rank is settled.
        ranks = counts[n : 2 * n].copy()
        open_ones = np.nonzero(counts[n : 2 * n] - counts[:n] != 1)[0]
        if len(open_ones):
            values_open = values[open_ones]
            below = np.nextafter(values_open, np.float32(-np.inf))
            again = np.empty(len(_padded(values_open, below)), np.int64)
            _above(row, _padded(values_open, below), again)
            for k in range(len(open_ones)):
                i, at_least = open_ones[k], again[len(open_ones) + k]
                tied = at_least - again[k] > 1
                ranks[i] = _place(row, tie, columns[i]) if tied else at_least
        order = np.argsort(ranks)
        # Positives among themselves are no uncertainty: only what stands between them is.
        a = start[q]
        sure = likely = 0
        for i in range(n):
            at = order[i]
            while sure < n and values[order[sure]] > edges[at]:
                sure += 1
            while likely < n and values[order[likely]] > edges[n + at]:
                likely += 1
            exact[a + i] = ranks[at]
            low[a + i] = counts[at] - sure + i + 1
            high[a + i] = counts[n + at] - likely + i + 1
        if len(identity):
            best = columns[order[0]]
            value, upper, lower = row[best], edges[order[0]], edges[n + order[0]]
            for j in range(len(row)):
                # What is not above the lower edge counts for none of the three.
                if row[j] <= lower or identity[j] == identity[best]:
                    continue
                exactly = row[j] > value or (row[j] == value and tie[j] < tie[best])
                for k, ahead in enumerate((exactly, row[j] > upper, True)):
                    if ahead and seen[identity[j], k] != q:
                        seen[identity[j], k] = q
                        above[q, k] += 1
