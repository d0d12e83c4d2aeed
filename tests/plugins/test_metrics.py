"""CMC, mAP and mINP against plain loops over the ranked list, and a case worked by hand."""

import numpy as np
import pytest

from reidbench_metrics.cmc import CMC
from reidbench_metrics.map import MAP
from reidbench_metrics.minp import MINP
from reidbench_registry import ConfigError, Ranks


def of(*queries, above=None):
    offsets = np.cumsum([0, *map(len, queries)])
    ranks = np.array([r for q in queries for r in q], dtype=np.int64)
    return Ranks(ranks, offsets, None if above is None else np.array(above))


def test_worked_by_hand():
    ranks = of([1, 3, 6], [2], [5, 6])
    found = CMC()(ranks)
    assert {n: v.tolist() for n, v in found.items()} == {
        "R1": [1, 0, 0],
        "R5": [1, 1, 1],
        "R10": [1, 1, 1],
    }
    assert MAP()(ranks)["mAP"].tolist() == pytest.approx(
        [(1 + 2 / 3 + 3 / 6) / 3, 1 / 2, (1 / 5 + 2 / 6) / 2]
    )
    assert MINP()(ranks)["mINP"].tolist() == [3 / 6, 1 / 2, 2 / 6]
    # Each precision is averaged with that of the rank before, which is 1 before the list.
    assert MAP("trapezoid")(ranks)["mAP-trapezoid"].tolist() == pytest.approx(
        [(1 + (2 / 3 + 1 / 2) / 2 + (3 / 6 + 2 / 5) / 2) / 3, (1 / 2 + 0) / 2,
         ((1 / 5 + 0) / 2 + (2 / 6 + 1 / 5) / 2) / 2]
    )  # fmt: skip


def test_identities_count_where_the_task_says_so():
    # The best positive stands sixth, behind items of one other identity only.
    ranks = of([6], [2], above=[1, 1])
    found = CMC(ranks=[1, 2])(ranks)
    assert found["R1"].tolist() == [0, 0] and found["R2"].tolist() == [1, 1]
    assert MAP()(ranks)["mAP"].tolist() == [1 / 6, 1 / 2]


def test_as_read_off_the_ranked_list():
    rng = np.random.default_rng(0)
    lists = [rng.random(40) < share for share in rng.uniform(0.03, 0.9, 200)]
    lists = [hits for hits in lists if hits.any()]
    ranks = of(*[np.flatnonzero(hits) + 1 for hits in lists])
    for q, hits in enumerate(lists):
        precision = [hits[: r + 1].mean() for r in range(40) if hits[r]]
        assert MAP()(ranks)["mAP"][q] == pytest.approx(np.mean(precision))
        last = max(r + 1 for r in range(40) if hits[r])
        assert MINP()(ranks)["mINP"][q] == pytest.approx(hits.sum() / last)
        for k in (1, 5, 10):
            assert CMC()(ranks)[f"R{k}"][q] == hits[:k].any()


@pytest.mark.parametrize("metric", [CMC(), MAP(), MAP("trapezoid"), MINP()])
def test_float64_per_query_also_for_none(metric):
    for queries in ([[1, 2], [1]], []):
        for values in metric(of(*queries)).values():
            assert values.dtype == np.float64 and values.shape == (len(queries),)
            assert (values == 1).all()


@pytest.mark.parametrize("ranks", [[], [0], [1, 1], [1.5], "1", 5])
def test_wrong_arguments(ranks):
    with pytest.raises(ConfigError, match="ranks="):
        CMC(ranks=ranks)
