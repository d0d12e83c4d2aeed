"""Several runs in one report: differences, configs, the queries that changed; what is refused."""

import dataclasses
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import toy_report as toy

from reidbench.report.build import report
from reidbench_registry import ConfigError


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    return toy.world(tmp_path_factory.mktemp("pictures"))


@pytest.fixture(scope="module")
def inputs(records):
    return toy.inputs_of(records, toy.embedded(records), toy.tasks("same_instance"))


def test_two_runs_side_by_side(records, inputs):
    other = toy.inputs_of(
        records, toy.embedded(records, noise=0.3), toy.tasks("same_instance"), label="B"
    )
    configs = {"student": {"train": {"distillers": [{"type": "PCM", "weight": 0.49}], "steps": 3}}}
    changed = {"student": {"train": {"distillers": [{"type": "PCM", "weight": 0.3}], "steps": 3}}}
    first = dataclasses.replace(inputs, config=configs)
    value = report([first, dataclasses.replace(other, config=changed)])
    assert [r["label"] for r in value["runs"]] == ["A", "B"]
    rows = value["comparison"]["differences"]
    for row in rows:
        a, b = (r["metrics"][row["metric"]] for r in value["rows"] if r["task"] == row["task"])
        assert row["run"] == "B" and row["first"] == a and row["value"] == b
        assert row["difference"] == pytest.approx(b - a, abs=1e-12)
        assert row["interval"][0] <= row["difference"] <= row["interval"][1]
    assert len(rows) == 2 * 5
    assert value["comparison"]["config"] == [
        {"path": "student.train.distillers.0.weight", "values": {"A": 0.49, "B": 0.3}}
    ]
    for task in value["ranklists"]:
        changes = {q["item"]: abs(q["AP"]["A/edge"] - q["AP"]["B/edge"]) for q in task["queries"]}
        most = [q["item"] for q in task["queries"] if "changed" in q["why"]]
        assert len(most) == 4
        assert min(changes[i] for i in most) >= max(
            (c for i, c in changes.items() if i not in most), default=0
        )
        assert all(q["lists"].keys() == {"A/edge", "B/edge"} for q in task["queries"])


def test_runs_that_do_not_mean_the_same_are_refused(records, inputs):
    other = toy.inputs_of(records, toy.embedded(records), toy.tasks("none"), label="B")
    with pytest.raises(ConfigError, match=r"'ir2rgb' is not the same .* task.exclude"):
        report([inputs, other])
