"""Losses, validations and stages from the log and the files of a run."""

import json
import types

import pytest

from reidbench.report.curves import MOST_POINTS, losses, stages, thinned, validation

CONFIG = {
    "teacher": {"train": {"losses": [{"type": "Triplet"}], "validation": None}},
    "student": {"train": {"losses": [{"type": "ID"}], "distillers": [{"type": "PCM"}]}},
}


def inputs(log, training=None, keys=None):
    record = types.SimpleNamespace(stages=keys or {})
    return types.SimpleNamespace(
        label="A", log=log, config=CONFIG, training=training or {}, record=record
    )


def step(stage, number, loss=1.0, **terms):
    return {"seconds": number, "stage": stage, "event": "step", "step": number, "loss": loss,
            "terms": terms, "lr": 0.1}  # fmt: skip


def written(tmp_path, *rows):
    path = tmp_path / "log.jsonl"
    path.write_text(
        "".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows)
    )
    return path


def test_a_line_for_each_term(tmp_path):
    log = written(
        tmp_path,
        step("teacher", 20, 3.0, Triplet=1.5),
        step("teacher", 40, 2.0, Triplet=1.0),
        step("distill", 20, 0.5, ID=4.0, PCM=0.2),
        '{"seconds": 3, "stage": "dist',
        "[1, 2]",
        "\x00\xff",
    )
    lines, missing = losses(inputs(log))
    assert [(x["stage"], x["term"], x["steps"], x["values"]) for x in lines] == [
        ("teacher", "total", [20, 40], [3.0, 2.0]),
        ("teacher", "loss/Triplet", [20, 40], [1.5, 1.0]),
        ("distill", "total", [20], [0.5]),
        ("distill", "loss/ID", [20], [4.0]),
        ("distill", "distiller/PCM", [20], [0.2]),
    ]
    assert not missing


def test_a_training_that_went_on_from_a_checkpoint_has_each_step_once(tmp_path):
    rows = [step("distill", n, float(n)) for n in (10, 20, 30, 40)]
    log = written(tmp_path, *rows, step("distill", 30, 7.0), step("distill", 40, 8.0))
    (line,) = losses(inputs(log))[0]
    assert (line["steps"], line["values"]) == ([10, 20, 30, 40], [10.0, 20.0, 7.0, 8.0])
    # From the beginning, with other steps in between.
    log = written(tmp_path, *rows, step("distill", 5, 7.0))
    assert losses(inputs(log))[0][0]["steps"] == [5]


def test_what_is_not_finite_is_told(tmp_path):
    log = written(
        tmp_path, step("distill", 1, float("nan"), ID=1.0), step("distill", 2, 2.0, ID=float("inf"))
    )
    lines, missing = losses(inputs(log))
    assert [(x["steps"], x["values"]) for x in lines] == [([1], [1.0]), ([2], [2.0])]
    assert "2 values of losses are not finite" in missing[0]


def test_a_stage_of_another_run_has_no_losses(tmp_path):
    lines, missing = losses(inputs(written(tmp_path), {"teacher": {"steps": 20}}))
    assert not lines and "teacher: no loss curves" in missing[0]
    # One that was used as it is has none anyway.
    assert losses(inputs(written(tmp_path), {"teacher": {"steps": 0}})) == ([], [])
    assert losses(inputs(None)) == ([], [])


def test_long_lines_are_thinned(tmp_path):
    assert thinned(3) == [0, 1, 2]
    for n in (MOST_POINTS + 1, 12_345):
        places = thinned(n)
        assert len(set(places)) == MOST_POINTS and places[0] == 0 and places[-1] == n - 1
    log = written(tmp_path, *(step("distill", n) for n in range(1, 1001)))
    assert len(losses(inputs(log))[0][0]["steps"]) == MOST_POINTS


def test_validations_say_which_step_is_taken():
    figures = {"ir2rgb, edge": {"mAP": 0.1}, "text2rgb, edge": {"mAP": 0.3}}
    history = [{"step": n, "value": 0.2, "figures": figures} for n in (10, 20)]
    training = {"distill": {"metric": "mAP", "validation": history, "step": 10}, "teacher": {}}
    lines = validation(inputs(None, training))
    assert [(x["name"], x["values"], x["taken"]) for x in lines] == [
        ("ir2rgb, edge", [0.1, 0.1], 10),
        ("text2rgb, edge", [0.3, 0.3], 10),
        ("mean", [0.2, 0.2], 10),
    ]
    assert lines[0]["steps"] == [10, 20] and lines[0]["metric"] == "mAP"


def test_stages_have_the_time_of_the_run_that_made_them(tmp_path):
    def end(seconds, stage, event, key):
        return {"seconds": seconds, "stage": stage, "event": event, "key": key}

    first = [
        {"seconds": 5.0, "stage": "data", "event": "toy: done", "fingerprint": "f"},
        end(35.0, "teacher", "done (a)", "a"),
        end(40.0, "evaluate", "done (b)", "b"),
    ]
    keys = {"teacher": "a", "evaluate": "b", "embed": "c"}
    found = stages(inputs(written(tmp_path, *first), keys=keys))
    assert [(x["name"], x["seconds"], x["taken"]) for x in found] == [
        ("data", 5.0, False), ("teacher", 30.0, False), ("evaluate", 5.0, False),
        ("embed", None, True),
    ]  # fmt: skip
    again = [
        {"seconds": 1.0, "stage": "data", "event": "toy: present, skipped", "fingerprint": "f"},
        end(1.5, "teacher", "present (a), skipped", "a"),
        end(9.5, "evaluate", "done (d)", "d"),
    ]
    found = stages(inputs(written(tmp_path, *first, *again), keys=keys | {"evaluate": "d"}))
    assert [(x["seconds"], x["taken"]) for x in found] == [
        (5.0, True), (30.0, True), (pytest.approx(8.0), False), (None, True),
    ]  # fmt: skip
