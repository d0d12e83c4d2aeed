"""A small leaderboard with one valid submission, and a plain oracle of what it may claim."""

import json

import numpy as np
import torch
from safetensors import safe_open

from reidbench.config.schema import METRICS
from reidbench.embeddings import Embeddings
from reidbench.evaluation.scoring import Pair
from reidbench.leaderboard.add import About, Source, add
from reidbench.leaderboard.benchmark import Benchmark
from reidbench.leaderboard.create import Asked, add_benchmark, create
from reidbench.tools.digests import file_digest
from reidbench.tools.manifest import write_manifest
from reidbench_registry import DatasetCard, Record, Selector, Task, fingerprint

PEOPLE, HIDDEN, DIM, ENTRY = 8, 2, 6, "mine"
TASKS = [
    Task("ir2rgb", Selector("ir"), Selector("rgb")),
    Task("rgb2rgb", Selector("rgb", cameras=("c1",)), Selector("rgb"), exclude="same_pid_camera"),
]
MODEL = {"neck": None, "tap": None, "selection": "last"}
CONDITIONS = {"query": MODEL, "gallery": MODEL, "precision": None, "test_time_augmentation": None,
              "re_ranking": None}  # fmt: skip
SAME = 1e-9


def items(first, number):
    """5 items of each person: 2 infrared, 3 colour; 40 in the public part."""
    views = [("ir", "c3"), ("ir", "c4"), ("rgb", "c1"), ("rgb", "c2"), ("rgb", "c1")]
    return [
        Record(f"{m}{p}_{n}", "toy", "test", m, f"p{p}", camera)
        for p in range(first, first + number) for n, (m, camera) in enumerate(views)
    ]  # fmt: skip


def sources(ids, seeds=(0, 1), noise=1.2):
    """Random features in which people can be told apart, a little: one model for each side."""
    rng = np.random.default_rng(3)
    people = {p: rng.normal(size=DIM) for p in sorted({i.split("_")[0].strip("irgb") for i in ids})}
    centre = np.stack([people[i.split("_")[0].strip("irgb")] for i in ids])
    made = []
    for seed in seeds:
        query, gallery = (
            Embeddings(torch.from_numpy((centre + noise * rng.normal(size=centre.shape))
                                        .astype("f4")), ids)
            for _ in range(2)
        )  # fmt: skip
        names = {"edge": ("student", "teacher")}
        made.append(Source(seed, {"edge": Pair(query, gallery)}, names, {"edge": CONDITIONS}))
    return made


def make(root, private=True):
    """The leaderboard; returns the benchmark."""
    public, hidden = items(0, PEOPLE), items(PEOPLE, HIDDEN)
    card = DatasetCard("toy", "1", "CC0", "none", ("ir", "rgb"))
    asked = Asked(public, card, fingerprint(card, public), TASKS, METRICS, None)
    repository = create(root / "board", "Toys")
    if private:
        write_manifest(root / "hidden.csv", hidden)
    folder = add_benchmark(
        repository, "toy", "Toys", asked, root / "hidden.csv" if private else None, []
    )
    benchmark = Benchmark.read(folder)
    ids = [r.item_id for r in (public + hidden if private else public)]
    about = About(ENTRY, "Mine", "A. Author", "https://example.org", "A model.")
    add(benchmark, repository.submission(ENTRY), sources(ids), about, None)
    return benchmark


def read_features(path):
    """item id -> feature, as fp64."""
    with safe_open(path, "pt") as file:
        ids = json.loads(file.metadata()["item_ids"])
        assert list(file.keys()) == ["features"]
        features = file.get_tensor("features").double().numpy()
    assert len(set(ids)) == len(ids) == len(features)
    assert np.isfinite(features).all()
    return dict(zip(ids, features, strict=True))


def plain(task, query, gallery, records):
    """mAP and R1 of a task, query by query, without any of the engine; ties fall as they fall."""
    asked = [r for r in records if task.query(r)]
    answered = [r for r in records if task.gallery(r)]
    precisions, firsts = [], []
    for one in asked:
        left = [r for r in answered if task.exclude == "none"
                or (r.pid, r.camera_id) != (one.pid, one.camera_id)]  # fmt: skip
        q = query[one.item_id]
        cosine = [_cosine(q, gallery[r.item_id]) for r in left]
        hits = np.array([left[i].pid == one.pid for i in np.argsort(-np.array(cosine))])
        if not hits.any():
            continue
        places = hits.nonzero()[0]
        precisions.append(np.mean([(n + 1) / (p + 1) for n, p in enumerate(places)]))
        firsts.append(float(hits[0]))
    return {"mAP": float(np.mean(precisions)), "R1": float(np.mean(firsts))}


def _cosine(a, b):
    norms = np.linalg.norm(a) * np.linalg.norm(b)
    return a @ b / norms if norms > 0 else 0.0


def check_true(benchmark, folder, result):
    """Everything that a verified submission claims is so."""
    given = json.loads((folder / "submission.json").read_bytes())
    record = json.loads((folder / "record.json").read_bytes())
    assert given["entry"] == folder.name
    assert given["benchmark"] == benchmark.about.name
    assert {p.name for p in folder.iterdir()} <= {
        "submission.json", "record.json", "config.json", *given["files"]}  # fmt: skip
    for path in folder.iterdir():
        assert path.is_file() and not path.is_symlink()
    for name, declared in given["files"].items():
        path = folder / name
        assert declared["sha256"] == file_digest(path)
        assert declared["bytes"] == path.stat().st_size
    features = {name: read_features(folder / name) for name in given["files"]}
    known = {r.item_id for r in benchmark.records} | set(benchmark.private_ids)
    assert all(set(one) <= known for one in features.values())
    assert record["status"] == "submitted"
    assert result.record.status == "rescored" and result.reproduced is None
    about = benchmark.about.dataset
    for name in ("name", "revision", "fingerprint", "synthetic"):
        assert record["dataset"][name] == getattr(about, name)
    assert result.record.dataset == about
    seeds = [one["seed"] for one in given["scores"]]
    assert record["seed"] == (seeds[0] if len(set(seeds)) == 1 else None)
    assert len(record["scores"]) == len(result.record.scores)
    for row, stored in zip(record["scores"], result.record.scores, strict=True):
        _check_row(benchmark, given, features, row, stored)


def _check_row(benchmark, given, features, row, stored):
    task = benchmark.tasks[row["identity"]["task"]["name"]]
    assert stored.identity.hash == row["identity"]["hash"] == benchmark.identity_of(task)
    assert stored.mode == row["mode"]
    counts = benchmark.about.counts[task.name]
    for name in ("n_query", "n_valid", "n_gallery"):
        assert getattr(stored, name) == row[name] == getattr(counts, name)
    found = {
        one["seed"]: plain(task, features[one["query"]], features[one["gallery"]],
                           benchmark.records)
        for one in given["scores"] if one["mode"] == row["mode"]
    }  # fmt: skip
    for name in ("mAP", "R1"):
        true = np.mean([of[name] for of in found.values()])
        low, high = stored.bracket[name]
        # fp32 may order near-ties in another way than fp64: that is what the bracket tells.
        for value in (row["metrics"][name], stored.metrics[name], true):
            assert low - SAME <= value <= high + SAME, (name, value, low, high)
        if high - low < SAME:
            assert abs(row["metrics"][name] - true) < 2 * SAME
            assert np.abs(np.subtract(row["interval"][name], stored.interval[name])).max() < SAME
    for one in row["per_seed"]:
        edges = {s.seed: s.bracket for s in stored.per_seed}[one["seed"]]
        for name in ("mAP", "R1"):
            low, high = edges[name]
            assert low - SAME <= one["metrics"][name] <= high + SAME
            assert low - SAME <= found[one["seed"]][name] <= high + SAME
    assert all(0 <= v <= 1 for v in stored.metrics.values())
    if stored.last is not None:
        assert stored.last.metrics.keys() == stored.metrics.keys()
        assert all(0 <= v <= 1 for v in stored.last.metrics.values())
