"""Checks of arguments: what passes comes back, what does not is told in one style."""

from pathlib import Path

import pytest

from reidbench.tools import arguments
from reidbench_registry import MODALITIES, ConfigError

INF, NAN = float("inf"), float("nan")


@pytest.mark.parametrize(
    ("check", "value", "more", "expected"),
    [
        (arguments.integer, 0, (), 0),
        (arguments.integer, 3, (1, 3), 3),
        (arguments.number, -2, (), -2),
        (arguments.number, 0.5, (0.5, 1), 0.5),
        (arguments.positive_number, 1e-9, (), 1e-9),
        (arguments.fraction, 0, (), 0),
        (arguments.fraction, 1, (), 1),
        (arguments.interval, [0.1, 0.1], (0, 1), (0.1, 0.1)),
        (arguments.boolean, False, (), False),
        (arguments.string, "x", (), "x"),
        (arguments.one_of, "b", ("ab",), "b"),
        (arguments.path, "~/x", (), Path.home() / "x"),
        (arguments.path, Path("x"), (), Path("x")),
        (arguments.image_size, [64, 32], (16,), (64, 32)),
        (arguments.image_size, (5, 1), (), (5, 1)),
        (arguments.modalities, ["text", "rgb"], (), ("rgb", "text")),
    ],
)
def test_a_right_value_comes_back(check, value, more, expected):
    found = check("Owner", "name", value, *more)
    assert found == expected and type(found) is type(expected)


@pytest.mark.parametrize(
    ("check", "values", "more", "words"),
    [
        (arguments.integer, (0, True, 1.0, "1", None), (1,), "is not an integer from 1"),
        (arguments.integer, (0, 4), (1, 3), "is not an integer from 1 to 3"),
        (arguments.integer, (1.5,), (), "is not an integer"),
        (arguments.number, (-1, INF, NAN, True, "0"), (0,), "is not a number from 0"),
        (arguments.number, (0.6,), (0, 0.5), "is not a number from 0 to 0.5"),
        (arguments.positive_number, (0, NAN, INF, None), (), "is not a positive number"),
        (arguments.fraction, (-0.1, 1.1, NAN, False), (), "is not a fraction in [0, 1]"),
        (arguments.interval, (1, [0, 1], [2, 1], [0.5], [0.5, NAN]), (0, 1),
         "is not [a, b] with 0 < a <= b <= 1"),
        (arguments.boolean, (1, None, "true"), (), "is not true or false"),
        (arguments.string, ("", 1, None), (), "is not a string with something in it"),
        (arguments.path, ("", 1, None, ["x"]), (), "is not a path"),
        (arguments.image_size, (64, [64], [60, 32], [64, 32.0], [0, 16]), (16,),
         "is not [H, W] in multiples of 16, integers from 16"),
        (arguments.image_size, ([0, 1], "ab"), (), "is not [H, W], integers from 1"),
        (arguments.modalities, ("rgb", [], None), (), "is not a list of modalities"),
        (arguments.modalities, (["rgb", "rgb"],), (), "names a modality twice"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_one_line(check, values, more, words):
    for value in values:
        with pytest.raises(ConfigError) as wrong:
            check("Owner", "name", value, *more)
        assert str(wrong.value) == f"Owner: name={value!r} {words}"


def test_ends_of_a_fraction_may_be_excluded():
    for ends, value in (({"one": False}, 1), ({"zero": False}, 0)):
        with pytest.raises(ConfigError, match="is not a fraction in"):
            arguments.fraction("Owner", "name", value, **ends)
    with pytest.raises(ConfigError, match=r"in \(0, 1\)"):
        arguments.fraction("Owner", "name", 2, zero=False, one=False)


def test_the_nearest_choice_is_named():
    with pytest.raises(ConfigError, match="is none of 'mean', 'sum'; did you mean 'mean'"):
        arguments.one_of("Owner", "x", "meen", ("mean", "sum"))
    with pytest.raises(ConfigError, match="is none of"):
        arguments.one_of("Owner", "x", ["mean"], ("mean", "sum"))
    with pytest.raises(ConfigError, match=r"unknown modality 'rgp'; did you mean 'rgb'\?"):
        arguments.modalities("Owner", "x", ["rgp"])
    assert arguments.modalities("Owner", "x", list(reversed(MODALITIES))) == MODALITIES
