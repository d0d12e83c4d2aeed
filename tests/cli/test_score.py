"""`reidbench score`: any model's embeddings get the record of a run; bad input is one line."""

import hashlib
import json
import subprocess
import sys

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from reidbench.cli.main import main
from reidbench.results import record as results
from reidbench.results.per_query import load_per_query, per_query_beside, per_query_folder
from reidbench.tools.manifest import read_manifest, write_manifest
from reidbench_registry import Record

PEOPLE = 6


def toy():
    """Two photos of each person, each with an infrared version and a caption."""
    return [
        Record(f"{m}{p}{i}", "toy", "test", m, f"{p:03}", f"c{i}", f"{p}{i}")
        for m in ("rgb", "ir", "text")
        for p in range(PEOPLE)
        for i in range(2)
    ]


def features(records, seed=0):
    rng = np.random.default_rng(seed)
    people = rng.normal(size=(PEOPLE, 16))
    return (people[[int(r.pid) for r in records]] + rng.normal(size=(len(records), 16))).astype(
        "f4"
    )


@pytest.fixture
def world(tmp_path):
    records = toy()
    write_manifest(tmp_path / "m.csv", records)
    ids = [r.item_id for r in records]
    np.savez(tmp_path / "e.npz", features=features(records), item_ids=np.array(ids))
    return tmp_path


def score(world, *words, embeddings="e.npz", manifest="m.csv", task=("--task", "ir2rgb")):
    return main(["score", str(world / embeddings), "--manifest", str(world / manifest), *task,
                 *map(str, words)])  # fmt: skip


def test_record_is_that_of_a_run(world, capsys):
    out = world / "out" / "mine.json"
    task = ("--protocol", "qrcm/distill")
    words = ("--out", out, "--mode", "edge", "--trained-on", "Photos", "Sketches")
    assert score(world, *words, task=task) == 0
    shown = capsys.readouterr()
    assert "qrcm/distill on toy" in shown.out
    assert shown.err == (
        "sketch2rgb: not scored, the manifest has no queries for it (sketch, split 'test')\n"
    )
    record = results.read(out).as_json()
    assert [(d["name"], d["declared"]) for d in record["trained_on"]] == [
        ("Photos", True), ("Sketches", True)
    ]  # fmt: skip
    unknown = {"parameters": None, "gflops": None, "query_ms": None}
    assert record["cost"] == {"edge": {**unknown, "bytes_per_item": 4 * 16}}
    assert record == json.loads(out.read_text())
    rows = {r["identity"]["task"]["name"]: r for r in record["scores"]}
    assert set(rows) == {"ir2rgb", "text2rgb"} and {r["mode"] for r in rows.values()} == {"edge"}
    assert rows["ir2rgb"]["n_query"] == rows["ir2rgb"]["n_gallery"] == 12
    assert rows["ir2rgb"]["chance_R1"] == pytest.approx(1 / 11)
    assert not rows["ir2rgb"]["collapsed"]
    assert record["source"]["query"]["shape"] == [36, 16] and record["seed"] is None
    assert {c["kind"] for c in record["components"]} == {"metric", "protocol", "task"}
    figures = load_per_query(per_query_folder(out))["ir2rgb", "edge"]
    assert figures.figures["mAP"].mean() == pytest.approx(rows["ir2rgb"]["metrics"]["mAP"])


def test_every_form_of_input_gives_the_same_numbers(world, capsys):
    def figures(**more):
        assert score(world, "--json", **more) == 0
        record = json.loads(capsys.readouterr().out)
        return [r["metrics"] for r in record["scores"]], record["dataset"]["fingerprint"]

    records = toy()
    expected = figures()
    values, ids = torch.from_numpy(features(records)), [r.item_id for r in records]
    save_file({"features": values}, world / "meta.safetensors", {"item_ids": json.dumps(ids)})
    assert figures(embeddings="meta.safetensors") == expected
    # Rows in another order, ids beside the file as a bank has them.
    turned = list(reversed(ids))
    save_file({"features": values.flip(0).contiguous()}, world / "bank.safetensors")
    (world / "items.json").write_text(json.dumps(turned))
    assert figures(embeddings="bank.safetensors") == expected
    write_manifest(world / "m.parquet", list(reversed(records)))
    write_manifest(world / "m.jsonl", records)
    for form in ("m.parquet", "m.jsonl"):
        assert read_manifest(world / form)[0].dataset == "toy"
        assert figures(manifest=form) == expected


def test_two_models_and_arguments_of_a_task(world, capsys):
    records = [r for r in toy() if r.modality == "rgb"]
    np.savez(world / "g.npz", features=features(records, 1),
             item_ids=[r.item_id for r in records])  # fmt: skip
    both = "--gallery-embeddings", world / "g.npz", "--mode", "edge-cloud"
    assert score(world, *both, "--cfg-options", "exclude=none", "--json") == 0
    record = json.loads(capsys.readouterr().out)
    row = record["scores"][0]
    assert row["mode"] == "edge-cloud" and row["identity"]["task"]["exclude"] == "none"
    assert record["source"]["gallery"]["file"] == "g.npz"
    assert row["chance_R1"] == pytest.approx(2 / 12)


def test_a_task_of_ones_own_from_a_file(world, capsys):
    own = {
        "name": "text2ir",
        "query": {"modality": "text"},
        "gallery": {"modality": "ir", "cameras": ["c1"]},
        "exclude": "same_pid_camera",
    }
    (world / "t.json").write_text(json.dumps(own))
    task = ("--task", str(world / "t.json"))
    assert score(world, "--json", task=task) == 0
    row = json.loads(capsys.readouterr().out)["scores"][0]
    # Captions of camera 1 lose their only positive.
    assert (row["n_query"], row["n_valid"], row["n_gallery"]) == (12, 6, 6)
    assert row["identity"]["task"]["gallery"]["cameras"] == ["c1"]
    (world / "t.json").write_text(json.dumps(own | {"exclud": "none"}))
    assert score(world, task=task) == 2
    assert "t.json: task: unknown field 'exclud'; did you mean" in capsys.readouterr().err


def test_a_constant_model_scores_at_chance_and_is_flagged(world, capsys):
    """Hundreds of people, sorted by identity: input order must not help."""
    records = [Record(f"{m}{p:03}", "big", "test", m, str(p)) for m in ("rgb", "ir")
               for p in range(300)]  # fmt: skip
    write_manifest(world / "big.csv", records)
    np.savez(world / "c.npz", features=np.ones((600, 8), "f4"),
             item_ids=[r.item_id for r in records])  # fmt: skip
    task = ("--task", "ir2rgb", "--cfg-options", "exclude=none")
    assert score(world, "--json", embeddings="c.npz", manifest="big.csv", task=task) == 0
    row = json.loads(capsys.readouterr().out)["scores"][0]
    assert row["collapsed"] and row["metrics"]["R1"] == pytest.approx(row["chance_R1"])
    assert row["bracket"]["R1"] == [0, 1]
    assert score(world, embeddings="c.npz", manifest="big.csv", task=task) == 0
    assert "a collapsed model" in capsys.readouterr().out


def npz(world, **arrays):
    records = toy()
    given = {"features": features(records), "item_ids": [r.item_id for r in records]} | arrays
    np.savez(world / "bad.npz", **{k: v for k, v in given.items() if v is not None})


def _nan():
    values = features(toy())
    values[[3, 7]] = np.nan
    return values


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"features": None}, "there is no array 'features'"),
        ({"features": np.ones(36, "f4")}, "floating point features[N, D], got float32[36]"),
        ({"features": np.ones((36, 2), "i4")}, "got int32[36, 2]"),
        ({"features": np.ones((36, 0), "f4")}, "got float32[36, 0]"),
        ({"features": np.ones((35, 2), "f4")}, "35 features for 36 item ids"),
        ({"features": _nan()}, "features are not finite: 'rgb11' (row 3), 'rgb31' (row 7)"),
        ({"item_ids": ["rgb00"] * 36}, "1 item ids occur more than once, first 'rgb00'"),
        ({"item_ids": np.arange(36)}, "item ids are no list of strings"),
        ({"item_ids": np.array([{}] * 36, object)},
         "item_ids is an array of Python objects: save it as strings, np.array(ids, dtype=str)"),
        ({"item_ids": [f"x{i}" for i in range(36)]}, "36 of 36 item ids are not in"),
        ({"item_ids": ["x", *[r.item_id for r in toy()][1:]]}, "first 'x'; an id of the manifest "
         "is 'rgb00'"),
    ],
)  # fmt: skip
def test_bad_embeddings(world, capsys, arrays, message):
    npz(world, **arrays)
    out = world / "out.json"
    assert score(world, "--out", out, embeddings="bad.npz") == 2
    error = capsys.readouterr().err
    assert message in error and "bad.npz" in error and error.count("\n") == 1
    assert not out.exists() and not per_query_beside(out).exists()


def test_gaps_and_damage(world, capsys):
    def refused(message, *words, **more):
        assert score(world, *words, **more) == 2
        error = capsys.readouterr().err
        assert message in error and error.strip().count("\n") == 0, error

    records = toy()
    some = [i for i, r in enumerate(records) if r.item_id != "rgb31"]
    npz(world, features=features(records)[some], item_ids=[records[i].item_id for i in some])
    lacking = "1 items have no embedding, first 'rgb31' (an id with one: 'rgb00')"
    refused(lacking, embeddings="bad.npz")
    photos = [i for i, r in enumerate(records) if r.modality == "rgb"]
    npz(world, features=features(records)[photos], item_ids=[records[i].item_id for i in photos])
    refused("(ir) is embedded: 'ir00' is one, embedded is 'rgb00'", embeddings="bad.npz")
    write_manifest(world / "bare.csv", [Record(r.item_id, "toy", "test", r.modality, r.pid)
                                        for r in records])  # fmt: skip
    refused("24 items have no instance_id, first 'ir00'", manifest="bare.csv")
    refused(
        "task 'ir2rgb': the manifest has no queries for it (ir, split 'val')",
        "--cfg-options", "split=val",
    )  # fmt: skip
    np.savez(world / "g.npz", features=np.ones((36, 3), "f4"),
             item_ids=[r.item_id for r in records])  # fmt: skip
    refused("queries have 16 dimensions, the gallery 3", "--gallery-embeddings", world / "g.npz")
    whole = (world / "e.npz").read_bytes()
    (world / "cut.npz").write_bytes(whole[: len(whole) // 2])
    refused("cut.npz: ", embeddings="cut.npz")
    save_file({"other": torch.ones(2)}, world / "x.safetensors")
    refused("there is no tensor 'features' (it has other)", embeddings="x.safetensors")
    save_file({"features": torch.ones(2, 2)}, world / "x.safetensors")
    refused("no item ids", embeddings="x.safetensors")
    (world / "x.safetensors").write_bytes(b"123")
    refused("damaged tensor file", embeddings="x.safetensors")
    refused("embeddings are a .safetensors, .npz or .npy file", embeddings="m.csv")
    refused("embedding file not found", embeddings="no.npz")
    refused("takes no 'exlude'; did you mean 'exclude'?", "--cfg-options", "exlude=none")
    refused("unknown task 'ir2rg'; did you mean 'ir2rgb'?", task=("--task", "ir2rg"))
    refused("expected a .json file", "--out", world)


def test_metrics_are_chosen_by_name(world, capsys):
    words = ("--metric", "CMC", "ranks=[1,20]", "--metric", "mAP", "rule=trapezoid", "--json")
    assert score(world, *words) == 0
    record = json.loads(capsys.readouterr().out)
    assert list(record["scores"][0]["metrics"]) == ["R1", "R20", "mAP-trapezoid"]
    assert {c["name"] for c in record["components"]} == {"CMC", "mAP", "ir2rgb"}
    for wrong, message in (
        (("NDCG",), "unknown metric 'NDCG'"),
        (("CMC", "rank=[1]"), "takes no 'rank'; did you mean 'ranks'?"),
        (("CMC", "ranks=[0]"), "ranks"),
    ):
        assert score(world, "--metric", *wrong) == 2
        error = capsys.readouterr().err
        assert message in error and error.count("\n") == 1


def test_features_of_zeros_are_counted(world, capsys):
    values = features(toy())
    values[[3, 7]] = 0
    npz(world, features=values)
    assert score(world, embeddings="bad.npz") == 0
    assert capsys.readouterr().err == (
        f"{world / 'bad.npz'}: 2 of 36 features are all zeros, first 'rgb11': their similarity to "
        "everything is 0\n"
    )
    assert score(world) == 0
    assert capsys.readouterr().err == ""


def test_a_role_that_no_item_has_is_named(world, capsys):
    own = {"name": "mine", "query": {"modality": "ir", "role": "query"},
           "gallery": {"modality": "rgb", "role": "gallery"}}  # fmt: skip
    (world / "t.json").write_text(json.dumps(own))
    task = ("--task", str(world / "t.json"))
    assert score(world, task=task) == 2
    assert capsys.readouterr().err == (
        "error: task 'mine': the manifest has no queries for it (ir, split 'test', role 'query'; "
        "no item has a role: the column 'role' says 'query' or 'gallery')\n"
    )
    rows = (world / "m.csv").read_text().splitlines()
    at = rows[0].split(",").index("role")
    for i, row in enumerate(rows[1:], start=1):
        cells = row.split(",")
        cells[at] = "query" if cells[0].startswith("ir") else ""
        rows[i] = ",".join(cells)
    (world / "m.csv").write_text("\n".join(rows) + "\n")
    assert score(world, task=task) == 2
    assert "role 'gallery'; others there have another role or none)" in capsys.readouterr().err


def test_figures_are_kept_trial_by_trial(world, capsys):
    own = {"name": "drawn", "query": {"modality": "text"}, "gallery": {"modality": "rgb"},
           "trials": {"number": 3, "origin": "python-seeded"}}  # fmt: skip
    (world / "t.json").write_text(json.dumps(own))
    records = [Record(f"{m}{p}{i}", "toy", "test", m, f"{p:03}", "c", f"{p}{i}")
               for m in ("rgb", "text") for p in range(PEOPLE) for i in range(5)]  # fmt: skip
    write_manifest(world / "m.csv", records)
    npz(world, features=features(records), item_ids=[r.item_id for r in records])
    out = world / "o.json"
    task = ("--task", str(world / "t.json"))
    assert score(world, "--out", out, embeddings="bad.npz", task=task) == 0
    row = results.read(out).as_json()["scores"][0]
    kept = json.loads((per_query_beside(out) / "per_trial.json").read_text())["drawn/scored"]
    assert set(kept) == set(row["metrics"]) and {len(v) for v in kept.values()} == {3}
    assert len(set(kept["mAP"])) == 3
    for metric, values in kept.items():
        assert np.mean(values) == pytest.approx(row["metrics"][metric])
    # Without trials there is nothing to keep, and nothing of before stays.
    del own["trials"]
    (world / "t.json").write_text(json.dumps(own))
    assert score(world, "--out", out, embeddings="bad.npz", task=task) == 0
    assert not (per_query_beside(out) / "per_trial.json").exists()


def test_a_file_for_both_sides_is_read_and_hashed_once(world, monkeypatch, capsys):
    from reidbench.embeddings import files

    read, hashed = [], []
    plain, digest = files.read_embeddings, hashlib.file_digest

    def file_digest(file, name):
        hashed.append(file.name)
        return digest(file, name)

    monkeypatch.setattr(files, "read_embeddings", lambda path: read.append(path) or plain(path))
    monkeypatch.setattr(hashlib, "file_digest", file_digest)
    (world / "same.npz").symlink_to(world / "e.npz")
    assert score(world, "--gallery-embeddings", world / "same.npz", "--json") == 0
    source = json.loads(capsys.readouterr().out)["source"]
    assert source["query"] == source["gallery"]
    assert len(read) == 1 and sum(str(name).endswith("e.npz") for name in hashed) == 1


def test_no_model_library_is_imported(world):
    """Scoring needs torch; the libraries of the models would take seconds more."""
    script = (
        "import sys; from reidbench.cli.main import main; code = main(sys.argv[1:]); "
        "heavy = {'transformers', 'peft', 'open_clip', 'torchvision', 'timm', 'accelerate', "
        "'mmengine', 'PIL'}; print(sorted(heavy & set(sys.modules))); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, "score", world / "e.npz", "--manifest", world / "m.csv",
         "--protocol", "qrcm/distill"],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"
