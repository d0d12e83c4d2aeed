"""The figures of a table against slow, plain re-computation; groups by hand."""

import numpy as np
import pytest

from reidbench.evaluation.bootstrap import intervals
from reidbench.sweep import figures
from reidbench.sweep.figures import Table
from reidbench.sweep.plan import Declaration

PIDS = ["p", "p", "q", "r", "r", "s"]
TASKS = {"ir": slice(0, 4), "text": slice(4, 6)}


def table(*by_seed, meaning="m"):
    found = {seed: {"mAP": np.asarray(values, float)} for seed, values in enumerate(by_seed)}
    return Table(found, PIDS, TASKS, {"ir": meaning, "text": meaning})


def rows(tables, **declared):
    """As `figures` gives them for mode edge."""
    made = Declaration(**{"cases": {name: {} for (name,) in tables}, **declared})
    found = {(labels, "edge"): one for labels, one in tables.items()}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(figures, "collect", lambda cells, folders: found)
        return {(row["labels"]["case"], row["task"]): row for row in figures.figures([], made, {})}


def test_means_deviations_and_paired_differences():
    a = [[0.5, 0.7, 0.2, 0.4, 0.9, 0.1], [0.3, 0.7, 0.4, 0.2, 0.5, 0.3]]
    b = [[0.1, 0.6, 0.2, 0.3, 0.8, 0.2], [0.2, 0.5, 0.1, 0.2, 0.4, 0.1]]
    found = rows({("a",): table(*a), ("b",): table(*b)}, baseline={"case": "b"})
    ir = [np.mean(seed[:4]) for seed in a]
    text = [np.mean(seed[4:]) for seed in a]
    row = found["a", "ir"]
    assert row["mean"] == pytest.approx(np.mean(ir))
    assert row["deviation"] == pytest.approx(np.std(ir, ddof=1))
    # Every task counts the same, however many queries it has.
    both = [(x + y) / 2 for x, y in zip(ir, text, strict=True)]
    assert found["a", "mean"]["mean"] == pytest.approx(np.mean(both))
    assert list(found["a", "mean"]["per_seed"].values()) == pytest.approx(both)
    # Queries are averaged over seeds, then identities resampled.
    gap = np.mean(a, axis=0) - np.mean(b, axis=0)
    assert row["difference"] == pytest.approx(gap[:4].mean())
    edges = intervals({"x": gap[:4]}, PIDS[:4])["x"]
    assert row["difference_interval"] == pytest.approx(edges)
    assert "difference" not in found["b", "ir"]


def test_only_common_seeds_are_paired_and_other_tasks_never():
    one, two = table([0.5] * 6, [0.1] * 6), table([0.4] * 6)
    found = rows({("a",): one, ("b",): two}, baseline={"case": "b"})
    assert found["a", "ir"]["difference"] == pytest.approx(0.1)
    assert found["b", "ir"]["deviation"] is None
    other = table([0.4] * 6, meaning="another gallery")
    found = rows({("a",): one, ("b",): other}, baseline={"case": "b"})
    assert "difference" not in found["a", "ir"] and found["a", "ir"]["groups"] == ""


def test_a_row_that_lacks_a_task_has_no_mean_and_is_compared_in_the_others():
    whole, short = table([0.5] * 6), table([0.4] * 6)
    short = Table(
        {0: {"mAP": np.full(4, 0.4)}}, PIDS[:4], {"ir": slice(0, 4)}, {"ir": short.meaning["ir"]}
    )
    found = rows({("a",): whole, ("b",): short}, baseline={"case": "b"})
    assert found["a", "ir"]["difference"] == pytest.approx(0.1)
    assert ("b", "mean") not in found and ("b", "text") not in found
    assert "difference" not in found["a", "mean"]


def test_groups_are_the_longest_stretches_that_cannot_be_separated():
    order = [(x,) for x in "abcd"]
    means = dict(zip(order, (4.0, 3.0, 2.0, 1.0), strict=True))

    def pairs(separable):
        found = {}
        for x in order:
            for y in order:
                if x != y:
                    far = x[0] + y[0] in separable or y[0] + x[0] in separable
                    sign = 1 if x < y else -1
                    found[x, y] = (1, *sorted((sign * (0.5 if far else -0.5), sign * 1.5)), None)
        return found

    groups = figures._letters(means, pairs({"ac", "ad", "bd"}))
    assert ["".join(groups[x]) for x in order] == ["a", "ab", "bc", "c"]
    assert set(figures._letters(means, pairs({})).values()) == {"a"}
    apart = figures._letters(means, pairs({"ab", "ac", "ad", "bc", "bd", "cd"}))
    assert list(apart.values()) == ["a", "b", "c", "d"]
