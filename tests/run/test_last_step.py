"""Which features the last step's figures are made from."""

import torch

from reidbench.embeddings import Embeddings
from reidbench.evaluation.scoring import Scores
from reidbench.run.last_step import LastStep, add_last_step
from reidbench_registry import Selector, Task

TASK = Task("ir2rgb", Selector("ir"), Selector("rgb"))


def features(value):
    return Embeddings(torch.full((1, 1), float(value)), ["a"])


USED = {"teacher": features(1), "student": features(2)}


def added(models):
    """mode -> `last` of its row. A score tells which features it was made from: query, gallery."""
    chosen = [(TASK, mode) for mode in ("cloud", "edge", "edge-cloud")]
    asked = []

    def score(chosen, pairs, what):
        asked.extend(mode for _, mode in chosen)
        return Scores(
            [row(mode, [e.features.item() for e in pairs[mode]]) for _, mode in chosen], {}
        )

    def row(mode, value):
        return {"identity": {"task": {"name": "ir2rgb"}}, "mode": mode, "metrics": {"mAP": value}}

    rows = [row(mode, "as used") for _, mode in chosen]
    add_last_step(rows, chosen, models, USED, score)
    return {r["mode"]: r.get("last") for r in rows}, asked


def last(step, value):
    return {"step": step, "metrics": {"mAP": value}}


def test_the_gallery_is_of_the_last_step_where_its_model_is_the_queries():
    found, asked = added({"teacher": None, "student": LastStep(9, features(20))})
    assert found == {"cloud": None, "edge": last(9, [20, 20]), "edge-cloud": last(9, [20, 1])}
    assert asked == ["edge", "edge-cloud"]


def test_a_selected_teacher_does_not_change_the_gallery_of_another_models_queries():
    models = {"teacher": LastStep(5, features(10)), "student": LastStep(9, features(20))}
    found, _ = added(models)
    assert found["cloud"] == last(5, [10, 10]) and found["edge-cloud"] == last(9, [20, 1])
    found, _ = added({"teacher": LastStep(5, features(10)), "student": None})
    assert found == {"cloud": last(5, [10, 10]), "edge": None, "edge-cloud": None}


def test_where_the_last_step_was_selected_nothing_is_scored_again():
    found, asked = added({"teacher": None, "student": LastStep(9, None)})
    assert found["edge"] == last(9, "as used") and found["edge-cloud"] == last(9, "as used")
    assert asked == [] and found["cloud"] is None
