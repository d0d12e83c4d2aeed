"""The permutation test against all sign patterns, counted one by one."""

import itertools

import numpy as np
import pytest

from reidbench.results.significance import p_values


def exact(values, pids):
    """p over all 2^people sign patterns."""
    people = sorted(set(pids))
    sums = [sum(v for v, p in zip(values, pids, strict=True) if p == who) for who in people]
    patterns = list(itertools.product((-1, 1), repeat=len(people)))
    means = [abs(sum(s * v for s, v in zip(signs, sums, strict=True))) for signs in patterns]
    return sum(m >= abs(sum(sums)) - 1e-9 for m in means) / len(patterns)


def test_against_all_patterns():
    rng = np.random.default_rng(3)
    pids = [str(i % 8) for i in range(40)]
    differences = {shift: rng.normal(float(shift), 1, 40) for shift in ("0", "0.3", "2")}
    found = p_values(differences, pids, draws=200_000)
    for name, values in differences.items():
        assert found[name] == pytest.approx(exact(values, pids), abs=0.005)


def test_equal_results_and_a_single_person():
    assert p_values({"mAP": np.zeros(6)}, list("aabbcc")) == {"mAP": 1.0}
    assert p_values({"mAP": np.ones(3)}, list("aaa")) == {"mAP": None}
    assert p_values({"mAP": np.ones(0)}, []) == {"mAP": None}


def test_many_small_differences_of_one_sign_are_no_chance():
    pids = [str(i) for i in range(400)]
    assert p_values({"mAP": np.full(400, 1e-3)}, pids)["mAP"] == pytest.approx(1 / 10_001)


def test_queries_of_one_person_count_as_one():
    values = np.concatenate([np.ones(50), -np.ones(2)])
    few = p_values({"m": values}, ["a"] * 50 + ["b", "c"])["m"]
    many = p_values({"m": values}, [str(i) for i in range(52)])["m"]
    assert few > 0.2 and many < 0.001
