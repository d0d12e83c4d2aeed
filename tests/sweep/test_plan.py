"""From a declaration to cells: names, shared teachers, and mistakes."""

import pytest

from reidbench import config
from reidbench.config.shipped import find
from reidbench.pluginhost import PluginHost
from reidbench.sweep.plan import as_config, cells, declaration
from reidbench_registry import ConfigError

DISTILLERS = "student.train.distillers"


@pytest.fixture(scope="module")
def raw():
    return config.load(find("distill_cosine"))


def made(raw, tmp_path, **given):
    return cells(raw, declaration(given), [], "s", tmp_path)


def test_cells_are_the_product_of_cases_grid_and_seeds(raw, tmp_path):
    found = made(
        raw,
        tmp_path,
        seeds=[3, 5],
        cases={"none": {DISTILLERS: []}, "PCM + FR": {DISTILLERS: [{"type": "PCM", "rank": 7}]}},
        grid={"student.train.steps": [10, 20], "student.train.optimizer.lr": {"slow": 1e-4}},
    )
    assert len(found) == 2 * 2 * 2
    assert [cell.name for cell in found[:3]] == [
        "s-none-steps=10-slow-seed3",
        "s-none-steps=10-slow-seed5",
        "s-none-steps=20-slow-seed3",
    ]
    last = found[-1]
    assert last.name == "s-PCM_+_FR-steps=20-slow-seed5" and last.labels == (
        "PCM + FR",
        "20",
        "slow",
    )
    student = last.experiment.student
    assert (student.train.steps, student.train.optimizer["lr"]) == (20, 1e-4)
    assert student.train.distillers == [{"type": "PCM", "rank": 7, "weight": 1.0}]
    assert last.experiment.run.seed == 5
    # The config of a cell is complete: it can be run again as it is.
    again = config.resolve(as_config(last), [], PluginHost())
    assert again == last.experiment


def test_cells_share_a_teacher_unless_something_of_it_differs(raw, tmp_path):
    found = made(raw, tmp_path, seeds=[0, 1], grid={"student.train.steps": [10, 20]})
    assert found[0].shares == found[2].shares != found[1].shares == found[3].shares
    found = made(raw, tmp_path, grid={"teacher.train.steps": [1, 2]})
    assert found[0].shares != found[1].shares
    alone = config.load(find("student_only"))
    assert {cell.shares for cell in made(alone, tmp_path, seeds=[0, 1])} == {None}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"grid": {"student.train.stepz": [1]}}, r"^1: student\.train: unknown key 'stepz'"),
        ({"grid": {"student.trian.steps": [1]}}, r"^1: .*student has no 'trian'; did you"),
        ({"grid": {"student.train.steps": ["a"]}}, r"^a: student\.train\.steps: expected"),
        ({"grid": {"student.train.steps": []}}, r"^sweep\.grid: .*: expected a list"),
        ({"grid": {DISTILLERS: [[], []]}}, r"sections and lists need names"),
        ({"grid": {"student.train.steps": [1, 1]}}, r"a value occurs twice"),
        ({"grid": {"run.seed": [1, 2]}}, r"seeds stand in sweep\.seeds"),
        ({"seeds": [1, 1]}, r"^sweep\.seeds: expected different integers"),
        ({"seeds": 3}, r"^sweep\.seeds: expected different integers, got 3"),
        ({"sedes": [1]}, r"^sweep: unknown key 'sedes'; did you mean 'seeds'\?"),
        ({"cases": {"a": {}, "a.": {}}}, r"two cells have the name 's-a-seed0'"),
        ({"cases": {"a": {}}, "baseline": {"case": "b"}}, r"^sweep\.baseline: case has no 'b'"),
        ({"cases": {"a": {}}, "baseline": {"cas": "a"}}, r"no axis 'cas'; did you mean"),
    ],
)  # fmt: skip
def test_mistakes_are_one_line(raw, tmp_path, given, message):
    with pytest.raises(ConfigError, match=message) as error:
        made(raw, tmp_path, **given)
    assert "\n" not in str(error.value)
    assert not list(tmp_path.iterdir())
