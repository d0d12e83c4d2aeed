"""Outputs of stages: whole or absent, found again under the same key, made again when damaged."""

import json

import pytest

from reidbench.run.store import Store, key_of, link


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "stages")


def write(text):
    return lambda folder: (folder / "out.txt").write_text(text)


def test_key_is_of_the_content_not_of_the_order():
    assert key_of({"a": 1, "b": [1, 2]}) == key_of({"b": [1, 2], "a": 1})
    assert key_of({"a": 1}) != key_of({"a": 2})


def test_made_once_and_found_again(store):
    key = key_of("x")
    assert not store.has("teacher", key)
    folder = store.make("teacher", key, "x", write("hello"))
    assert store.has("teacher", key)
    assert (folder / "out.txt").read_text() == "hello"
    assert json.loads((folder / "stage.json").read_text())["made_from"] == "x"


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, OSError])
def test_a_stage_that_dies_leaves_nothing(store, error):
    def die(folder):
        (folder / "half.bin").write_bytes(b"0" * 1000)
        raise error("died")

    with pytest.raises(error):
        store.make("teacher", key_of("x"), "x", die)
    assert not store.has("teacher", key_of("x"))
    assert list(store.root.iterdir()) == []


def test_damage_is_noticed_and_made_again(store):
    key = key_of("x")
    for harm in (
        lambda f: (f / "out.txt").write_text("hell"),
        lambda f: (f / "out.txt").unlink(),
        lambda f: (f / "stage.json").write_text("{"),
        lambda f: (f / "extra").write_text(""),
    ):
        folder = store.make("teacher", key, "x", write("hello"))
        harm(folder)
        assert not store.has("teacher", key)
    assert store.make("teacher", key, "x", write("hello")) and store.has("teacher", key)


def test_a_link_shows_the_latest_output(store, tmp_path):
    one = store.make("embed", key_of(1), 1, write("one"))
    two = store.make("embed", key_of(2), 2, write("two"))
    shown = tmp_path / "run" / "embed"
    link(one, shown)
    link(one, shown)
    assert (shown / "out.txt").read_text() == "one"
    link(two, shown)
    assert (shown / "out.txt").read_text() == "two"
    assert (one / "out.txt").read_text() == "one"
