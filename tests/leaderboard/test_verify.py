"""`verify` and its neighbours against a submitter who lies, and a maintainer who errs."""

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from reidbench.cli.main import main
from reidbench.tools.digests import file_digest

sys.path.insert(0, str(Path(__file__).parent))
from toy import features, leaderboard, records, save, submit


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A leaderboard with a private part, and one entry that is verified and built."""
    place = tmp_path_factory.mktemp("made")
    board = leaderboard(place, private=True, entries=())
    items = records() + records(first=8)
    public, hidden = features(records(), 0), features(records(first=8), 1)
    submit(board, "one", save(place / "one.safetensors", items, np.concatenate([public, hidden])))
    return place


@pytest.fixture
def place(made, tmp_path, capsys):
    shutil.copytree(made, tmp_path / "place")
    capsys.readouterr()
    return tmp_path / "place"


@pytest.fixture
def board(place):
    return place / "board"


@pytest.fixture
def run(capsys):
    """Run an action: its exit code, and all that it printed."""

    def call(*words):
        code = main(["leaderboard", *map(str, words)])
        shown = capsys.readouterr()
        assert "Traceback" not in shown.err and "\x1b" not in shown.out + shown.err
        if code == 2:
            assert len(shown.err.splitlines()) == 1 and shown.err.startswith("error: ")
        return code, shown.out + shown.err

    return call


def edit(path, change):
    value = json.loads(path.read_text())
    change(value)
    path.write_text(json.dumps(value))


def problem(run, board, *more):
    """The first problem that `verify` finds in the only entry."""
    code, text = run("verify", "--dir", board, "--json", *more)
    assert code == 1, text
    (found,) = json.loads(text)
    line = found["problems"][0]
    assert found["status"] is None and not (board / "results" / "one.json").exists()
    return line


def test_rescored_figures_are_those_of_score(place, board, run, capsys):
    save(place / "public.safetensors", records(), features(records(), 0))
    words = ["score", place / "public.safetensors", "--manifest", place / "items.csv", "--task",
             "ir2rgb", "--out", place / "scored.json"]  # fmt: skip
    assert main([str(w) for w in words]) == 0
    capsys.readouterr()
    assert run("verify", "--dir", board)[0] == 0
    (scored,) = json.loads((place / "scored.json").read_text())["scores"]
    stored = json.loads((board / "results" / "one.json").read_text())
    (found,) = stored["record"]["scores"]
    for name in ("metrics", "interval", "bracket", "n_query", "n_valid", "n_gallery", "chance_R1"):
        assert found[name] == scored[name], name
    assert stored["record"]["status"] == "rescored"
    tensors = load_file(board / "results" / "one.safetensors")
    figures = {name.split("/")[2]: values.double().mean() for name, values in tensors.items()}
    assert figures == pytest.approx(scored["metrics"], abs=1e-6)


def near_ties(place):
    """Every photo of a person has the same feature as one of another person, but for the last
    bits: their order is open."""
    items = records() + records(first=8)
    values = features(items, 0)
    twins = values[:24].reshape(8, 3, -1)
    twins[1::2] = twins[::2]  # colour photos of persons 0 and 1, 2 and 3, ...
    return items, values


def test_a_claim_may_be_anywhere_in_the_bracket_of_near_ties(place, board, run):
    submit(board, "ties", save(place / "ties.safetensors", *near_ties(place)))
    shutil.rmtree(board / "submissions" / "one")
    record = board / "submissions" / "ties" / "record.json"
    (row,) = json.loads(record.read_text())["scores"]
    low, high = row["bracket"]["mAP"]
    assert high - low > 0.01
    for value, code in ((low, 0), (high, 0), (low - 1e-6, 1), (high + 1e-6, 1)):
        edit(record, lambda v, x=value: v["scores"][0]["metrics"].update(mAP=x))
        assert run("verify", "--dir", board, "--check")[0] == code, value
    # What is stored is what was found, not the claim.
    edit(record, lambda v: v["scores"][0]["metrics"].update(mAP=high))
    assert run("verify", "--dir", board)[0] == 0
    stored = json.loads((board / "results" / "ties.json").read_text())
    assert stored["record"]["scores"][0]["metrics"]["mAP"] == row["metrics"]["mAP"]


def of_row(change):
    return lambda v: change(v["scores"][0])


CLAIMS = {
    "figure": (of_row(lambda r: r["metrics"].update(R1=r["metrics"]["R1"] + 0.001)), "R1 is 0."),
    "interval": (of_row(lambda r: r["interval"]["mAP"].__setitem__(0, 0.5)), "interval of mAP"),
    "no interval": (of_row(lambda r: r["interval"].update(mAP=None)), "interval of mAP: None"),
    "metric": (of_row(lambda r: r["metrics"].pop("mINP")), "the metrics are not those"),
    "count": (of_row(lambda r: r.update(n_valid=9)), "n_valid is 9, found 24"),
    "long count": (of_row(lambda r: r.update(n_gallery=[7] * 9999)), "n_gallery is [7, 7"),
    "seeds": (of_row(lambda r: r.update(per_seed=[
        {"seed": 3, "metrics": r["metrics"], "bracket": r["bracket"]}])), "seed 3 has no embed"),
    "last step": (of_row(lambda r: r.update(last={"step": 1, "metrics": {"mAP": 7}})), "last: "),
    "twice": (lambda v: v["scores"].append(v["scores"][0]), "occurs twice"),
    "identity": (of_row(lambda r: r["identity"]["task"].update(exclude="same_pid_camera")),
                 "the hash of the identity is not that of its fields"),
    "task": (of_row(lambda r: r["identity"]["task"].update(name="x\x1b[2J")), "is no task of"),
    "mode": (of_row(lambda r: r.update(mode="<b>\x1b[2J")), "has no embeddings"),
    "status": (lambda v: v.update(status="reproduced"), "status is 'reproduced': only the maint"),
    "seed": (lambda v: v.update(seed=5), "seed is 5, that of the embeddings is None"),
    "fingerprint": (lambda v: v["dataset"].update(fingerprint="0" * 64), "dataset.fingerprint"),
    "schema": (lambda v: v.update(schema=99), "schema 99 is newer"),
}  # fmt: skip


@pytest.mark.parametrize("name", CLAIMS)
def test_a_false_claim_is_named(name, board, run):
    change, words = CLAIMS[name]
    edit(board / "submissions" / "one" / "record.json", change)
    line = problem(run, board)
    assert words in line and "record.json: " in line and len(line) < 1000


def test_the_seeds_of_a_mean_are_checked_one_by_one(place, board, run):
    for seed in range(2):
        items = records() + records(first=8)
        save(place / f"{seed}.safetensors", items, features(items, seed))
    folder = board / "submissions" / "mean"
    from reidbench.leaderboard import add
    from reidbench.leaderboard.benchmark import Benchmark

    sources = [add.from_files(place / f"{seed}.safetensors", None, "edge", seed, None, None)
               for seed in range(2)]  # fmt: skip
    benchmark = Benchmark.read(board / "benchmarks" / "toy")
    add.add(benchmark, folder, sources, add.About("mean", "Mean"), None)
    assert run("verify", "--dir", board)[0] == 0
    change = of_row(lambda r: r["per_seed"][1]["metrics"].update(mAP=0.9))
    edit(folder / "record.json", change)
    code, text = run("verify", folder, "--json")
    assert code == 1 and "seed 1: mAP is 0.900000, the embeddings give" in text
    # A seed more in submission.json is no seed: its files are another's.
    edit(folder / "submission.json", lambda v: v["scores"].append({**v["scores"][0], "seed": 2}))
    assert run("verify", folder)[0] == 1


def is_public(item):
    return int(item.split("-")[1]) < 8


ITEMS = {
    "missing": (lambda ids, f: (ids[:-40], f[:-40]), "have no feature, first"),
    "private missing": (
        lambda ids, f: ([i for i in ids if is_public(i)], f[[is_public(i) for i in ids]]),
        "48 items of the private part have no",
    ),
    "surplus": (lambda ids, f: ([*ids, "x\x1b"], np.concatenate([f, f[:1]])), "1 of 97 item ids"),
    "twice": (lambda ids, f: ([*ids[:-1], ids[0]], f), "occur more than once"),
    "relabelled": (lambda ids, f: (ids[1:24] + ids[:1] + ids[24:], f), "the embeddings give"),
    "nan": (lambda ids, f: (ids, np.where(f == f[3, 3], np.nan, f)), "features are not finite"),
}


@pytest.mark.parametrize("name", ITEMS)
def test_items_are_those_of_the_manifest(name, place, board, run):
    change, words = ITEMS[name]
    items = records() + records(first=8)
    ids = sorted(r.item_id for r in items)
    (path,) = (board / "submissions" / "one").glob("*.safetensors")
    ids, values = change(ids, load_file(path)["features"].numpy())
    given = torch.from_numpy(np.ascontiguousarray(values, dtype="f4"))
    path.unlink()
    save_file({"features": given}, path, {"item_ids": json.dumps(ids)})
    declared = {"sha256": file_digest(path), "bytes": path.stat().st_size,
                "shape": list(given.shape)}  # fmt: skip
    edit(board / "submissions" / "one" / "submission.json",
         lambda v: v["files"][path.name].update(declared))  # fmt: skip
    assert words in problem(run, board)


def test_files_that_are_not_as_declared(board, run):
    folder = board / "submissions" / "one"
    given = folder / "submission.json"
    kept = given.read_text()
    (path,) = folder.glob("*.safetensors")
    for change, words in (
        (lambda v: v.update(schema=7), "schema"),
        (lambda v: v.update(entry="two"), "the folder's is"),
        (lambda v: v.update(entry=".."), "entry"),
        (lambda v: v.update(benchmark="../toy"), "benchmark"),
        (lambda v: v["files"][path.name].update(bytes=9), "declares 9"),
        (lambda v: v["files"][path.name].update(shape=[2**60, 2**60]), "do not hold"),
        (lambda v: v["files"].update({"../x.safetensors": v["files"][path.name]}), "files"),
    ):
        edit(given, change)
        assert words in problem(run, board)
        given.write_text(kept)
    (folder / "\u202e\x1b[2J\n.py").touch()
    assert r"does not declare '\u202e\x1b[2J\n.py'" in problem(run, board)
    assert run("verify", board / "submissions" / "..")[0] == 1
    assert run("verify", board)[0] == 2


def test_strangers_words_are_only_shown(board, place, run):
    items = records() + records(first=8)
    words = '<script>alert(1)</script>\x1b[2J\u202e|`=1+1"onload="x'
    submit(board, "two", save(place / "two.safetensors", items, features(items, 1)),
           "--title", words, "--authors", words)  # fmt: skip
    edit(board / "submissions" / "two" / "submission.json",
         lambda v: v.update(url="javascript:alert(1)"))  # fmt: skip
    assert run("verify", "--dir", board)[0] == 0
    code, text = run("build", "--dir", board)
    assert code == 0
    for name in ("README.md", "page/index.html", "page/leaderboard.csv"):
        text = (board / name).read_text()
        assert "\x1b" not in text and "\u202e" not in text.replace("\\u202e", ""), name
        assert name.endswith("csv") or "<script>alert" not in text, name
        assert 'href="javascript' not in text and "](javascript" not in text


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
