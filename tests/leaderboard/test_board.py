"""From submissions to the board: ranks, flags, private part, overlaps; building and comparing."""

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from reidbench.cli.main import main
from reidbench.evaluation.bootstrap import paired
from reidbench.leaderboard.ranking import ranks

sys.path.insert(0, str(Path(__file__).parent))
from toy import features, leaderboard, records, save, submit


def run(*words):
    return main(["leaderboard", *map(str, words)])


def board_of(board):
    return json.loads((board / "page" / "leaderboard.json").read_text())


@pytest.fixture
def board(tmp_path, capsys):
    board = leaderboard(tmp_path)
    capsys.readouterr()
    return board


def test_ranks_are_shared_by_what_the_queries_cannot_separate():
    rng = np.random.default_rng(0)
    pids = [str(p) for p in range(30) for _ in range(4)]
    base = rng.uniform(0.3, 0.7, size=120)
    noise = rng.normal(size=(2, 120))
    figures = {
        "best": base + 0.2,
        "close": base + 0.2 - 0.001 + 0.2 * (noise[0] - noise[0].mean()),
        "low": base - 0.2,
        "lowest": base - 0.2 - 0.001 + 0.2 * (noise[1] - noise[1].mean()),
    }
    assert ranks(figures, pids) == {"best": 1, "close": 1, "low": 3, "lowest": 3}
    # As the paired interval of each with the first of its group says.
    for first, other, apart in (("best", "close", False), ("best", "low", True)):
        _, low, high = paired({"": figures[first]}, {"": figures[other]}, pids)[""]
        assert (low > 0 or high < 0) == apart
    # A constant gap is seen, however small; equal rows share a rank with a single person, too.
    assert ranks({"a": base, "b": base - 1e-6}, pids) == {"a": 1, "b": 2}
    assert ranks({"a": base, "b": base.copy(), "c": base - 0.1}, ["x"] * 120) == {
        "a": 1, "b": 1, "c": 3,
    }  # fmt: skip


def test_verify_build_and_check(board, capsys):
    assert run("verify", "--dir", board, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert [(v["entry"], v["status"], v["problems"]) for v in found] == [
        ("one", "rescored", []), ("two", "rescored", []),
    ]  # fmt: skip
    assert run("build", "--dir", board, "--check") == 1  # nothing there yet
    assert run("build", "--dir", board) == 0
    assert run("build", "--dir", board, "--check") == 0
    made = board_of(board)
    values = [r["metrics"]["mAP"] for r in made["rows"]]
    assert len(values) == 2 and values[0] >= values[1]
    for row in made["rows"]:
        claimed = json.loads((board / "submissions" / row["entry"] / "record.json").read_text())
        (scored,) = claimed["scores"]
        assert row["metrics"] == pytest.approx(scored["metrics"], abs=1e-9)
        assert row["status"] == "rescored" and row["identity"] == scored["identity"]["hash"]
    (benchmark,) = made["benchmarks"]
    assert benchmark["items"] == len(records())
    assert benchmark["tasks"][0]["identity"] == made["rows"][0]["identity"]
    (board / "README.md").write_text("edited")
    capsys.readouterr()
    assert run("build", "--dir", board, "--check") == 1
    assert "README.md" in capsys.readouterr().out
    # Verifying again finds what is stored; a stored figure that was edited is named.
    assert run("verify", "--dir", board, "--check") == 0
    path = board / "results" / "one.json"
    edited = json.loads(path.read_text())
    edited["record"]["scores"][0]["metrics"]["mAP"] += 0.001
    path.write_text(json.dumps(edited))
    capsys.readouterr()
    assert run("verify", "--dir", board, "--check") == 1
    assert "mAP" in capsys.readouterr().out


def test_a_twin_is_flagged_whatever_its_scale_order_and_rotation(board, tmp_path, capsys):
    items = records()
    values = features(items, 0)
    order = np.random.default_rng(1).permutation(len(items))
    rotation = np.linalg.qr(np.random.default_rng(2).normal(size=(16, 16)))[0].astype("f4")
    submit(
        board,
        "scaled",
        save(tmp_path / "a.safetensors", [items[i] for i in order], 4 * values[order]),
    )
    submit(board, "rotated", save(tmp_path / "b.safetensors", items, values @ rotation))
    assert run("verify", "--dir", board) == 0
    assert run("verify", "--dir", board, "--strict") == 1
    assert run("build", "--dir", board) == 0
    flags = {r["entry"]: r["flags"] for r in board_of(board)["rows"]}
    assert flags["two"] == []
    assert "the same query features as one" in flags["scaled"]
    assert "the same figures as one, to the last digit" in flags["rotated"]
    assert len(flags["one"]) == 2


def test_private_part_and_overlapping_training_data(tmp_path, capsys):
    board = leaderboard(tmp_path, private=True)
    benchmark = board / "benchmarks" / "toy"
    hidden = [r.item_id for r in records(first=8)]
    assert (benchmark / "private_items.txt").read_text().split() == hidden
    text = "".join(p.read_text() for p in benchmark.iterdir())
    assert "008" not in text.replace("ir-008", "").replace("rgb-008", "")  # no pid of it
    submit(board, "leaky", tmp_path / "one.safetensors", "--trained-on", "market-1501", "LAION-2B")
    assert run("verify", "--dir", board, "--private", f"toy={tmp_path / 'hidden.csv'}") == 0
    assert run("build", "--dir", board) == 0
    rows = {r["entry"]: r for r in board_of(board)["rows"]}
    assert rows["leaky"]["training"]["overlaps"] == ["market-1501"]
    places = sorted(rows, key=lambda e: -rows[e]["private"]["metrics"]["mAP"])
    best = rows[places[0]]["private"]
    assert best["rank"]["mAP"] == 1
    public = sorted(rows, key=lambda e: -rows[e]["metrics"]["mAP"])
    if public[0] != places[0]:
        assert best["delta"]["mAP"] < 0
    # Without the table the private figures stay.
    assert run("verify", "--dir", board) == 0
    assert json.loads((board / "results" / "one.json").read_text())["private"]
    # Another table is not taken for it; a submission without the private items is refused.
    assert run("verify", "--dir", board, "--private", f"toy={tmp_path / 'items.csv'}") == 2
    small = save(tmp_path / "small.safetensors", records(), features(records(), 3))
    capsys.readouterr()
    words = [str(small), "--dir", str(board), "--entry", "small", "--mode", "edge"]
    assert main(["leaderboard", "add", *words]) == 2
    assert "48 items of the private part have no feature" in capsys.readouterr().err


def test_several_seeds_are_one_entry(tmp_path, capsys):
    """A run's result needs a run; here the record of a seed stands for it."""
    board = leaderboard(tmp_path, entries=())
    import torch

    from reidbench.embeddings import Embeddings
    from reidbench.evaluation.scoring import Pair
    from reidbench.leaderboard.add import About, Source, add
    from reidbench.leaderboard.benchmark import Benchmark

    items = records()
    ids = [r.item_id for r in items]
    sources = []
    for seed in (3, 4):
        bank = Embeddings(torch.from_numpy(features(items, seed)), ids)
        unknown = {"neck": None, "tap": None, "selection": "last"}
        conditions = {
            "query": unknown, "gallery": unknown, "precision": None,
            "test_time_augmentation": None, "re_ranking": None,
        }  # fmt: skip
        sources.append(
            Source(seed, {"edge": Pair(bank, bank)}, {"edge": ("s", "s")}, {"edge": conditions})
        )
    benchmark = Benchmark.read(board / "benchmarks" / "toy")
    add(benchmark, board / "submissions" / "pair", sources, About("pair", "A pair"), "fp16")
    assert run("verify", "--dir", board) == 0
    assert run("build", "--dir", board) == 0
    (row,) = board_of(board)["rows"]
    assert [one["seed"] for one in row["per_seed"]] == [3, 4]
    for name, value in row["metrics"].items():
        assert value == pytest.approx(np.mean([s["metrics"][name] for s in row["per_seed"]]))
    capsys.readouterr()
    record = board / "submissions" / "pair" / "record.json"
    edited = json.loads(record.read_text())
    edited["scores"][0]["per_seed"][1]["metrics"]["R1"] += 0.01
    record.write_text(json.dumps(edited))
    assert run("verify", "--dir", board) == 1
    assert "seed 4: R1" in capsys.readouterr().out


def test_diff_allows_new_rows_and_small_moves_only(board, tmp_path, capsys):
    run("verify", "--dir", board)
    run("build", "--dir", board)
    before = tmp_path / "before.json"
    before.write_text((board / "page" / "leaderboard.json").read_text())
    assert run("diff", before, board) == 0

    def changed(change):
        made = json.loads(before.read_text())
        change(made["rows"])
        after = tmp_path / "after.json"
        after.write_text(json.dumps(made))
        capsys.readouterr()
        code = run("diff", before, after, "--json")
        return code, json.loads(capsys.readouterr().out)

    def move(by):
        def change(rows):
            rows[0]["metrics"]["mAP"] += by

        return change

    code, found = changed(move(0.0009))
    assert code == 0 and [c["what"] for c in found] == ["moved"]
    code, found = changed(move(-0.002))
    assert code == 1 and [c["what"] for c in found] == ["changed"]
    assert "mAP" in found[0]["row"]
    code, found = changed(lambda rows: rows.pop())
    assert code == 1 and {c["what"] for c in found} == {"gone"}
    code, found = changed(lambda rows: rows.append(rows[0] | {"entry": "new"}))
    assert code == 0 and {c["what"] for c in found} == {"new"}
    assert run("diff", before, tmp_path / "items.csv") == 2


def test_reported_rows_have_no_rank_and_bad_ones_are_named(board, capsys):
    run("verify", "--dir", board)
    head = "title,dataset,task,note,source,R1,mAP\n"
    (board / "reported.csv").write_text(
        head + "IRRA,CUHK-PEDES,text->rgb,all captions,README,73.4,\n"
    )
    assert run("build", "--dir", board) == 0
    row = board_of(board)["rows"][-1]
    assert row["status"] == "reported" and row["metrics"] == {"R1": 0.734}
    assert row["rank"] == {"R1": None} and row["benchmark"] is None
    for line in ("IRRA,CUHK-PEDES,text->rgb,n,README,173.4,\n", "IRRA,,text->rgb,n,README,1,2\n"):
        (board / "reported.csv").write_text(head + line)
        capsys.readouterr()
        assert run("build", "--dir", board) == 2
        assert "reported.csv: line 2" in capsys.readouterr().err


def test_init_keeps_what_is_there(tmp_path, capsys):
    board = leaderboard(tmp_path, entries=())
    assert (board / ".github" / "workflows" / "leaderboard.yml").is_file()
    settings = (board / "settings.json").read_text()
    words = ["--manifest", tmp_path / "items.csv", "--task", "ir2rgb"]
    assert run("init", board, *words, "--name", "toy") == 2
    assert run("init", board, *words, "--name", "again") == 0
    assert (board / "settings.json").read_text() == settings
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "file").touch()
    assert run("init", tmp_path / "other") == 2
    assert run("build", "--dir", tmp_path / "other") == 2
    assert (
        run("init", tmp_path / "new", "--manifest", tmp_path / "none.csv", "--task", "ir2rgb") == 2
    )
    assert not (tmp_path / "new").exists()


def test_take_copies_one_new_submission_and_nothing_else(board, tmp_path, capsys):
    proposed = tmp_path / "proposed"

    def propose():
        shutil.rmtree(proposed, ignore_errors=True)
        shutil.copytree(board, proposed)
        submit(proposed, "new", tmp_path / "one.safetensors")
        capsys.readouterr()

    def refused(words):
        assert run("take", proposed, "--dir", board) == 1
        assert words in capsys.readouterr().err
        assert not (board / "submissions" / "new").exists()

    propose()
    (proposed / "benchmarks" / "toy" / "manifest.csv").write_text("item_id\n")
    refused("the proposal changes 'benchmarks/toy/manifest.csv'")
    propose()
    (proposed / "results" / "new.json").write_text("{}")
    refused("the proposal adds 'results/new.json'")
    propose()
    (proposed / "submissions" / "one" / "record.json").unlink()
    refused("the proposal removes 'submissions/one/record.json'")
    propose()
    submit(proposed, "newer", tmp_path / "two.safetensors")
    refused("expected one new submission, the proposal has 2")
    propose()
    shutil.rmtree(proposed / "results")
    (proposed / "results").symlink_to(board / "submissions")
    refused("the proposal")
    propose()
    (proposed / "submissions" / "new" / "config.json").symlink_to("/etc/passwd")
    assert run("take", proposed, "--dir", board) == 0
    assert capsys.readouterr().out == "new\n"
    assert run("verify", board / "submissions" / "new") == 1
    assert "a link" in capsys.readouterr().out


def test_reproduce_compares_with_the_stored_interval(board, tmp_path, monkeypatch, capsys):
    """The run itself is another test's matter: here a record stands for what it finds."""
    from reidbench.leaderboard import reproduce
    from reidbench.results import record

    submit(board, "three", tmp_path / "one.safetensors", "--seed", 0)
    assert run("verify", "--dir", board) == 0
    assert run("reproduce", "one", "--dir", board) == 2
    assert "config.json" in capsys.readouterr().err
    (board / "submissions" / "three" / "config.json").write_text("{}")
    claimed = record.read(board / "submissions" / "three" / "record.json")
    (row,) = claimed.scores
    asked = []

    def finds(shift):
        def instead(config, seed, work_dir, name, options):
            asked.append((seed, name, options))
            metrics = {n: v + shift for n, v in row.metrics.items()}
            return claimed.model_copy(
                update={"scores": [row.model_copy(update={"metrics": metrics})]}
            )

        monkeypatch.setattr(reproduce, "_run", instead)

    low = row.metrics["mAP"] - row.interval["mAP"][0]
    finds(-low - 0.01)
    assert run("reproduce", "three", "--dir", board, "--cfg-options", "run.threads=1") == 1
    assert "three: ir2rgb, edge: mAP is" in capsys.readouterr().out
    assert asked == [(0, "three-seed0", ["run.threads=1"])]
    finds(0)
    assert run("reproduce", "three", "--dir", board, "--check") == 0
    assert (
        json.loads((board / "results" / "three.json").read_text())["record"]["status"] == "rescored"
    )
    assert run("reproduce", "--dir", board) == 0  # all that have a config
    stored = json.loads((board / "results" / "three.json").read_text())
    assert stored["record"]["status"] == "reproduced" and stored["reproduced"]["seeds"] == [0]
    # Verified again, the same submission keeps what running it has shown, until it shows another.
    assert run("verify", "--dir", board) == 0
    assert run("build", "--dir", board) == 0
    status = {r["entry"]: r["status"] for r in board_of(board)["rows"]}
    assert status == {"one": "rescored", "two": "rescored", "three": "reproduced"}
    finds(-low - 0.01)
    assert run("reproduce", "three", "--dir", board) == 1
    stored = json.loads((board / "results" / "three.json").read_text())
    assert stored["record"]["status"] == "rescored" and stored["reproduced"] is None
