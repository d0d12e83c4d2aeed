"""Cluster bootstrap against a plain loop, and what it must and must not do."""

import numpy as np
import pytest

from reidbench.evaluation import bootstrap
from reidbench.evaluation.bootstrap import intervals, paired


def test_equals_a_plain_loop():
    rng = np.random.default_rng(3)
    pids = [str(p) for p in rng.integers(7, size=40)]
    values = rng.random(40)
    found = intervals({"x": values}, pids, seed=5, resamples=200)["x"]
    people = sorted(set(pids))
    draws = np.random.default_rng(5).integers(len(people), size=(200, len(people)))
    means = []
    for draw in draws:
        drawn = [v for p in draw for v, q in zip(values, pids, strict=True) if q == people[p]]
        means.append(np.mean(drawn))
    assert found == pytest.approx(np.percentile(means, [2.5, 97.5]).tolist())


def test_people_are_drawn_not_queries():
    """A hundred queries of each of ten people that agree are ten facts, not a thousand."""
    of_person = np.arange(10) % 2
    one = intervals({"x": of_person.astype(float)}, [str(i) for i in range(10)])["x"]
    many = intervals({"x": np.repeat(of_person, 100).astype(float)},
                     [str(i) for i in range(10) for _ in range(100)])["x"]  # fmt: skip
    assert many == pytest.approx(one)


def test_paired_difference_sees_what_single_intervals_hide():
    rng = np.random.default_rng(0)
    base, pids = rng.random(200), [str(i // 2) for i in range(200)]
    better = base + 0.02
    single = intervals({"x": base}, pids)["x"]
    assert single[1] - single[0] > 0.05
    mean, low, high = paired({"x": better}, {"x": base}, pids)["x"]
    assert mean == pytest.approx(0.02) and low == pytest.approx(high)


def test_one_identity_has_no_interval():
    assert np.isnan(intervals({"x": np.ones(3)}, ["a"] * 3)["x"]).all()


@pytest.mark.parametrize("people", [2, 37, 750])
def test_the_block_changes_no_interval(monkeypatch, people):
    rng = np.random.default_rng(people)
    pids = [f"{p}" for p in [*range(people), *rng.integers(people, size=3 * people)]]
    values = {"R1": rng.integers(2, size=len(pids)).astype(float), "mAP": rng.random(len(pids))}
    found = {}
    for block in (1, 2**18, 2**22):
        monkeypatch.setattr(bootstrap, "_BLOCK", block)
        found[block] = intervals(values, pids, resamples=2000)
    for name in values:
        assert found[1][name] == pytest.approx(found[2**22][name], abs=1e-14)
        assert found[2**18][name] == pytest.approx(found[2**22][name], abs=1e-14)
