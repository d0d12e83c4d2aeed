"""Names of run folders: overrides in words."""

from pathlib import Path

import pytest

from reidbench.run.folder import check_name, name_of

CONFIG = Path("configs/distill_cosine.py")


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ([], "distill_cosine-seed0"),
        (["run.seed=4"], "distill_cosine-seed0"),
        (["student.train.steps=200"], "distill_cosine-seed0-student.train.steps=200"),
        (["b.x=1", "a=2", "b.x=3"], "distill_cosine-seed0-a=2,b.x=3"),
        (["student.lr=1e-4"], "distill_cosine-seed0-student.lr=1e-4"),
    ],
)
def test_overrides_in_words(options, name):
    assert check_name(name_of(CONFIG, "-seed0", options)) == name


@pytest.mark.parametrize(
    "options",
    [
        ["student.train.distillers=[{'type': 'MSE', 'weight': 1.0}]"],
        ["data.root=/data/x y/\u00fc"],
        ["data.root=..\x1b[31m/" + "\u65e5" * 99],
        [f"data.{name}=1" for name in "abcdefghijklmnop"],
        ["a.b=" + "c" * 500],
    ],
)
def test_what_no_name_can_hold_ends_in_a_digest(options):
    name = check_name(name_of(CONFIG, "-seed0", options))
    assert name.startswith("distill_cosine-seed0-") and len(name.encode()) < 99
    other = name_of(CONFIG, "-seed0", [options[0] + "1", *options[1:]])
    assert check_name(other) != name


def test_two_names_fit_into_one():
    long = Path("distill_pcm_fr_paper_weights.py")
    options = ["a.b=" + "c" * 500]
    one = name_of(long, "-seed0", options)
    assert check_name(f"{one}-on-{name_of(long, '', options)}")
