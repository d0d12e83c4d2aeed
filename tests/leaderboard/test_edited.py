"""Results and benchmarks that were edited by hand, and what a maintainer gets wrong."""

import shutil
import sys
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file

sys.path.insert(0, str(Path(__file__).parent))
from toy import edit


def of_result(change):
    return lambda v: change(v["record"]["scores"][0])


RESULTS = {
    "figure": (of_result(lambda r: r["metrics"].update(mAP=r["metrics"]["mAP"] + 0.001)), 2),
    "interval": (of_result(lambda r: r["interval"].update(mAP=[0.9, 1.0])), 1),
    "bracket": (of_result(lambda r: r["bracket"].update(mAP=[0.0, 1.0])), 1),
    "collapsed": (of_result(lambda r: r.update(collapsed=True)), 1),
    "title": (lambda v: v.update(title="Another"), 1),
    "status": (lambda v: v["record"].update(status="reproduced"), 1),
    "manifest": (lambda v: v.update(manifest="0" * 64), 2),
    "entry": (lambda v: v.update(entry="two"), 2),
    "schema": (lambda v: v.update(schema=2), 2),
    "private": (lambda v: v["private"][0]["metrics"].update(mAP=0.99), 1),
}
"""What is edited in a result, and the exit code of `build --check`: 1 for another page, 2 for a
result that does not belong here"""


@pytest.mark.parametrize("name", RESULTS)
def test_a_result_edited_by_hand_is_found(name, board, place, run):
    change, code = RESULTS[name]
    private = ("--private", f"toy={place / 'hidden.csv'}")
    assert run("verify", "--dir", board, *private)[0] == 0
    assert run("build", "--dir", board)[0] == 0
    assert run("verify", "--dir", board, "--check", *private)[0] == 0
    assert run("build", "--dir", board, "--check")[0] == 0
    edit(board / "results" / "one.json", change)
    assert run("verify", "--dir", board, "--check", *private)[0] == 1
    assert run("build", "--dir", board, "--check")[0] == code


def test_figures_of_single_queries_edited_by_hand_are_found(board, run):
    assert run("verify", "--dir", board)[0] == 0
    path = board / "results" / "one.safetensors"
    tensors = {name: values.flip(0).clone() for name, values in load_file(path).items()}
    path.unlink()
    save_file(tensors, path)
    code, text = run("verify", "--dir", board, "--check", "--json")
    assert code == 1 and "figures of single queries have changed" in text
    path.write_bytes(b"x")
    code, text = run("verify", "--dir", board, "--check", "--json")
    assert code == 1 and "damaged tensor file" in text
    assert run("verify", "--dir", board)[0] == 0  # writes it again
    assert run("verify", "--dir", board, "--check")[0] == 0


def test_a_result_without_a_submission_is_nobodys(board, run):
    assert run("verify", "--dir", board)[0] == 0
    for end in ("json", "safetensors"):
        shutil.copy(board / "results" / f"one.{end}", board / "results" / f"fake.{end}")
    edit(board / "results" / "fake.json", lambda v: v.update(entry="fake", title="Fake"))
    code, text = run("verify", "--dir", board, "--check", "--json")
    assert code == 1 and "fake: no folder" in text


def test_links_among_the_results_are_not_followed(board, tmp_path, run):
    mine = tmp_path / "mine.txt"
    mine.write_text("kept")
    for name in ("one.safetensors", "one.json"):
        link = board / "results" / name
        link.symlink_to(mine)
        code, text = run("verify", "--dir", board, "--json")
        assert code == 1 and "it is a link" in text
        link.unlink()
    shutil.rmtree(board / "results")
    (tmp_path / "folder").mkdir()
    (board / "results").symlink_to(tmp_path / "folder")
    assert run("verify", "--dir", board)[0] == 1
    assert mine.read_text() == "kept" and not any((tmp_path / "folder").iterdir())


def test_mistakes_of_the_maintainer_are_one_line(board, place, run):
    benchmark = board / "benchmarks" / "toy"
    (place / "other.csv").write_text((place / "hidden.csv").read_text() + "x,test,ir,1\n")
    for table in ("other.csv", "nothing.csv", "board"):
        code, text = run("verify", "--dir", board, "--private", f"toy={place / table}")
        assert code == 2 and table in text
    assert run("verify", "--dir", board, "--private", "toy")[0] == 2
    assert run("verify", "--dir", place)[0] == 2
    for name, content in (("queries.json", "[]"), ("queries.json", '{"ir2rgb": 5}'),
                          ("manifest.csv", "item_id,pid\n"), ("manifest.csv", None),
                          ("benchmark.json", "{}")):  # fmt: skip
        kept = (benchmark / name).read_text()
        (benchmark / name).unlink()
        if content is not None:
            (benchmark / name).write_text(content)
        code, text = run("verify", "--dir", board)
        assert code == (1 if name == "benchmark.json" else 2) and name in text
        (benchmark / name).write_text(kept)
    assert run("verify", "--dir", board)[0] == 0
    assert run("diff", board, place)[0] == 2
    for words in (("--entry", "../x"), ("--entry", "x", "--title", "x" * 201),
                  ("--entry", "x", "--mode", "a b"), ("--entry", "x", "--seed", "-1")):  # fmt: skip
        more = () if "--mode" in words else ("--mode", "edge")
        assert run("add", place / "one.safetensors", "--dir", board, *words, *more)[0] == 2
    assert {p.name for p in (board / "submissions").iterdir()} == {".gitkeep", "one"}
    words = ("--manifest", place / "items.csv", "--task", "ir2rgb", "--name", "../up")
    assert run("init", board, *words)[0] == 2
    assert run("init", board, *words[:-1], "long", "--benchmark-title", "x" * 201)[0] == 2
    assert not (board / "up").exists() and not (board / "benchmarks" / "long").exists()
