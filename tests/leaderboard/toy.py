"""A small leaderboard: 8 people, each with 3 photos in two modalities, and features at random."""

import json

import numpy as np
from safetensors.numpy import save_file

from reidbench.cli.main import main
from reidbench.tools.manifest import write_manifest
from reidbench_registry import Record

PEOPLE, PHOTOS = 8, 3


def records(split="test", first=0):
    return [
        Record(f"{m}-{p:03}-{i}", "toy", split, m, f"{p:03}", f"c{i}", f"{p}-{i}")
        for m in ("rgb", "ir")
        for p in range(first, first + PEOPLE)
        for i in range(PHOTOS)
    ]


def features(items, seed, noise=1.5):
    """Around a direction of each person, so that figures are neither chance nor perfect."""
    rng = np.random.default_rng(seed)
    people = {
        pid: np.random.default_rng(int(pid)).normal(size=16) for pid in {r.pid for r in items}
    }
    return np.stack([people[r.pid] + noise * rng.normal(size=16) for r in items]).astype("f4")


def save(path, items, values):
    ids = json.dumps([r.item_id for r in items])
    save_file({"features": values}, str(path), metadata={"item_ids": ids})
    return path


def leaderboard(folder, *, private=False, entries=("one", "two")):
    """A leaderboard in `folder/board` with a benchmark `toy` and some submissions; not verified."""
    public, hidden = records(), records(first=PEOPLE)
    write_manifest(folder / "items.csv", public)
    write_manifest(folder / "hidden.csv", hidden)
    board = folder / "board"
    words = ["leaderboard", "init", str(board), "--manifest", str(folder / "items.csv")]
    words += ["--task", "ir2rgb", "--name", "toy", "--overlaps", "Market-1501"]
    assert main(words + (["--private", str(folder / "hidden.csv")] if private else [])) == 0
    items = public + (hidden if private else [])
    for seed, entry in enumerate(entries):
        submit(board, entry, save(folder / f"{entry}.safetensors", items, features(items, seed)))
    return board


def submit(board, entry, embeddings, *more):
    words = [str(embeddings), "--dir", str(board), "--entry", entry, "--mode", "edge"]
    assert main(["leaderboard", "add", *words, *map(str, more)]) == 0
