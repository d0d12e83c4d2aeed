"""Outputs of stages: whole or absent, found again under the same key, made again when damaged."""

import json
import shutil

import pytest

from reidbench.run.store import Store, link

KEY = "k" * 64


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path)


def write(text):
    return lambda folder: (folder / "out.txt").write_text(text)


def test_made_once_and_found_again(store):
    assert not store.has("teacher", KEY)
    folder = store.make("teacher", KEY, "x", write("hello"))
    assert store.has("teacher", KEY) and not store.has("teacher", "l" * 64)
    assert (folder / "out.txt").read_text() == "hello"
    assert json.loads((folder / "stage.json").read_text())["made_from"] == "x"


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, OSError])
def test_a_stage_that_dies_leaves_nothing(store, error):
    def die(folder):
        (folder / "half.bin").write_bytes(b"0" * 1000)
        raise error("died")

    with pytest.raises(error):
        store.make("teacher", KEY, "x", die)
    assert not store.has("teacher", KEY)
    assert list(store.root.iterdir()) == []


def test_what_a_killed_process_left_is_not_taken(store):
    left = store.root / f".part-{store.name('teacher', KEY)}"
    left.mkdir(parents=True)
    (left / "other.txt").write_text("of a process that was killed")
    folder = store.make("teacher", KEY, "x", write("hello"))
    assert {p.name for p in folder.iterdir()} == {"out.txt", "stage.json"}
    assert [p.name for p in store.root.iterdir()] == [folder.name]


@pytest.mark.parametrize(
    "harm",
    [
        lambda f: (f / "out.txt").write_text("hellO"),  # the same size
        lambda f: (f / "out.txt").unlink(),
        lambda f: (f / "stage.json").write_text("{"),
        lambda f: (f / "stage.json").write_text("[1]"),
        lambda f: (f / "extra").write_text(""),
        shutil.rmtree,
    ],
)
def test_damage_is_noticed_and_made_again(store, harm):
    harm(store.make("teacher", KEY, "x", write("hello")))
    assert not store.has("teacher", KEY)
    folder = store.make("teacher", KEY, "x", write("hello"))
    assert store.has("teacher", KEY) and (folder / "out.txt").read_text() == "hello"


def test_a_link_shows_the_latest_output(store, tmp_path):
    one = store.make("embed", "1" * 64, 1, write("one"))
    two = store.make("embed", "2" * 64, 2, write("two"))
    shown = tmp_path / "run" / "embed"
    link(one, shown)
    link(one, shown)
    assert (shown / "out.txt").read_text() == "one"
    link(two, shown)
    assert (shown / "out.txt").read_text() == "two"
    assert (one / "out.txt").read_text() == "one"
    assert [p.name for p in shown.parent.iterdir()] == ["embed"]


def test_a_run_keeps_what_it_linked_when_the_store_is_deleted(store, tmp_path):
    output, shown = store.make("embed", KEY, 1, write("one")), tmp_path / "run" / "embed"
    link(output, shown)
    shutil.rmtree(output)
    assert (shown / "out.txt").read_text() == "one"
    with pytest.raises(FileNotFoundError):
        link(output, shown)
    assert (shown / "out.txt").read_text() == "one"
