"""The readers of strangers' files, each with a valid file and the changes that are made to it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file
from scipy.io import savemat

from reidbench import config
from reidbench.config.load import load
from reidbench.data.pictures import read_pictures
from reidbench.embeddings import Embeddings
from reidbench.embeddings.files import read_embeddings
from reidbench.evaluation.taskfile import read_task
from reidbench.evaluation.trials import draws
from reidbench.pluginhost import PluginHost
from reidbench.results.comparison import Result, compare
from reidbench.results.from_files import card_of
from reidbench.results.table import result_table
from reidbench.results.verify import read_verified
from reidbench.tools.companion_tables import read_composites, read_trials
from reidbench.tools.derive import MARKER, claim
from reidbench.tools.images import open_image
from reidbench.tools.manifest import read_manifest, write_manifest
from reidbench_llcm.dataset import LLCM
from reidbench_mllm.checkpoint import defaults
from reidbench_mllm.lora import _settings
from reidbench_qrcm.authors_csv import QrCMTable
from reidbench_qrcm.text_sets import CuhkPedes
from reidbench_regdb.dataset import RegDB
from reidbench_registry import Record, Task, Trials, fingerprint
from reidbench_sysu.dataset import SysuMM01

from .mutations import change_bytes, change_cells, change_json, change_jsonl, change_length
from .tables import change_mat, change_npy, change_npz, change_parquet

PEOPLE = 3
TASK = {"name": "t", "query": {"modality": "ir", "cameras": ["c1"], "split": "test"},
        "gallery": {"modality": "rgb"}, "exclude": "same_pid_camera", "cmc": "identity",
        "trials": {"number": 2, "shots": 1, "origin": "dataset"}}  # fmt: skip
CONFIG = {
    "data": {"type": "SyntheticPedestrians", "seed": 0, "train": 4},
    "student": {
        "backbone": {"type": "OpenCLIP", "model": "embedded"},
        "train": {"steps": 3, "sampler": {"type": "PKModality", "p": 2, "k": 2},
                  "losses": [{"type": "Triplet", "margin": 0.3}],
                  "optimizer": {"type": "AdamW", "lr": 0.001}},
    },
    "evaluation": {"protocol": "qrcm/distill", "modes": ["edge"]},
    "run": {"seed": 1, "name": "x"},
}  # fmt: skip
TOML = """
[data]
type = "SyntheticPedestrians"
[evaluation]
protocol = {type = "qrcm/distill"}
modes = ["edge"]
[student]
backbone = {type = "OpenCLIP"}
train = {steps = 5, sampler = {type = "PKModality"}, losses = [{type = "Triplet", margin = 0.3}]}
"""


@dataclass(frozen=True)
class Target:
    """A reader, the file below a folder that is changed, and how."""

    name: str
    file: str
    read: Callable[[Path], Any]
    """of the folder"""
    changes: tuple[Callable[..., bytes], ...]


def records():
    return [
        Record(f"{m}{p}", "toy", "test", m, str(p), f"c{1 + (m == 'rgb')}", f"p{p}",
               path=f"/nowhere/{p}.png", caption_idx=p, role="query" if m == "ir" else "gallery",
               extras={"trial_places": [0, 0], "style": "x"} if m == "rgb" else {"note": "é"})
        for m in ("rgb", "ir") for p in range(PEOPLE)
    ]  # fmt: skip


def make(folder):
    """All valid files."""
    rows = records()
    for form in ("csv", "jsonl", "json", "parquet"):
        write_manifest(folder / f"m.{form}", rows)
    write_manifest(folder / "plain.csv", rows)
    ids = [r.item_id for r in rows]
    (folder / "trials.csv").write_text(
        "item_id,trial,place\n" + "".join(f"rgb{i},{t},{i}\n" for i in range(2) for t in range(2))
    )
    members = [{"query_id": "q", "item_id": i, "member_idx": n, "pid": "1"}
               for n, i in enumerate(("rgb1", "ir1"))]  # fmt: skip
    (folder / "composites.jsonl").write_text("\n".join(map(json.dumps, members)))
    features = np.random.default_rng(0).normal(size=(len(rows), 4)).astype("f4")
    np.savez(folder / "e.npz", features=features, item_ids=ids)
    np.savez(folder / "plain.npz", features=features, item_ids=ids)
    for name in ("n", "j", "x"):
        (folder / name).mkdir()
        np.save(folder / name / "e.npy", features)
    (folder / "n" / "items.json").write_text(json.dumps(ids))
    (folder / "j" / "items.json").write_text(json.dumps(ids))
    (folder / "x" / "item_ids.txt").write_text("\n".join(ids))
    tensors = torch.from_numpy(features)
    save_file({"features": tensors}, folder / "e.safetensors", {"item_ids": json.dumps(ids)})
    Embeddings(tensors, ids).save(folder / "bank")
    (folder / "t.json").write_text(json.dumps(TASK))
    (folder / "c.json").write_text(json.dumps(CONFIG))
    (folder / "c.toml").write_text(TOML)
    (folder / "adapter_config.json").write_text(json.dumps({"r": 4, "peft_type": "LORA"}))
    weights = {"image_size": [64, 32], "prompts": {"system": "Embed it."}}
    (folder / "weights").mkdir()
    (folder / "weights" / "reidbench.json").write_text(json.dumps(weights))
    claim({folder / "made": {"operator": "x", "seed": 0}})
    for kind in ("png", "jpg", "bmp", "webp", "tif"):
        Image.new("RGB", (16, 32), "red").save(folder / f"p.{kind}")
    for name, kind in (("cuhk", CuhkPedes), ("llcm", LLCM), ("regdb", RegDB)):
        (folder / name).mkdir()
        kind.conformance(folder / name)
    (folder / "qrcm").mkdir()
    QrCMTable.conformance(folder / "qrcm")
    make_sysu(folder / "sysu")
    make_card(folder, rows)


def make_card(folder, rows):
    from dataclasses import asdict

    card = card_of(folder / "none" / "m.csv", rows)
    text = json.dumps(asdict(card) | {"fingerprint": fingerprint(card, rows)})
    (folder / "card.json").write_text(text)


def make_sysu(root):
    (root / "exp").mkdir(parents=True)
    for split, pids in {"train": "1", "val": "2", "test": "3,4"}.items():
        (root / "exp" / f"{split}_id.txt").write_text(pids)
    cells = np.empty((6, 1), object)
    for camera in range(6):
        cells[camera, 0] = np.empty((4, 1), object)
        for pid in range(4):
            cells[camera, 0][pid, 0] = np.stack([np.arange(1, 3)] * 10)
    savemat(root / "rand_perm_cam.mat", {"rand_perm_cam": cells}, do_compression=True)


@cache
def host():
    return PluginHost()


def read_config(path):
    return config.resolve(load(path), [], host())


def drawn(path):
    """A manifest, and the galleries that its places give."""
    rows = read_manifest(path)
    task = Task("t", read_task_of("ir"), read_task_of("rgb"), trials=Trials(2, 1, "dataset"))
    list(draws(task, rows))
    fingerprint(card_of(path, rows), rows)


def read_task_of(modality):
    from reidbench_registry import Selector

    return Selector(modality)


def indexed(dataset, **arguments):
    return lambda f: dataset(**{k: str(f / v) for k, v in arguments.items()}).prepare(
        f / "cache", lambda items, *_: items
    )


def ids_of(folder):
    return {r.item_id: r for r in records()}


def pictures(path):
    read_pictures([path], True, lambda items, *_: items)
    open_image(path, at_least=(8, 8))


def compared(folder):
    result_table(read_verified(folder / "r.json")[0]).markdown()
    compare([Result.read(folder / "r.json", "A"), Result.read(folder / "kept.json", "B")])


JSON = (change_json, change_json, change_json, change_bytes)
LINES = (change_cells, change_cells, change_bytes)
DATA = (change_bytes,)
TARGETS = (
    Target("config.json", "c.json", lambda f: read_config(f / "c.json"), JSON),
    Target("config.toml", "c.toml", lambda f: read_config(f / "c.toml"), LINES),
    Target("task", "t.json", lambda f: read_task(f / "t.json").describe(), JSON),
    Target("manifest.csv", "m.csv", lambda f: drawn(f / "m.csv"), LINES),
    Target("manifest.jsonl", "m.jsonl", lambda f: drawn(f / "m.jsonl"),
           (change_jsonl, change_bytes)),
    Target("manifest.json", "m.json", lambda f: drawn(f / "m.json"), JSON),
    Target("manifest.parquet", "m.parquet", lambda f: drawn(f / "m.parquet"),
           (change_parquet, change_parquet, change_bytes)),
    Target("trials", "trials.csv", lambda f: read_trials(f / "trials.csv", ids_of(f)), LINES),
    Target("composites", "composites.jsonl",
           lambda f: read_composites(f / "composites.jsonl", ids_of(f)),
           (change_jsonl, change_bytes)),
    Target("npz", "e.npz", lambda f: read_embeddings(f / "e.npz"),
           (change_npz, change_npz, change_bytes)),
    Target("npy", "n/e.npy", lambda f: read_embeddings(f / "n" / "e.npy"),
           (change_npy, change_npy, change_bytes)),
    Target("items.json", "j/items.json", lambda f: read_embeddings(f / "j" / "e.npy"), JSON),
    Target("item_ids.txt", "x/item_ids.txt", lambda f: read_embeddings(f / "x" / "e.npy"), LINES),
    Target("safetensors", "e.safetensors", lambda f: read_embeddings(f / "e.safetensors"),
           (change_length, change_length, change_bytes)),
    Target("bank items", "bank/items.json", lambda f: Embeddings.load(f / "bank"), JSON),
    Target("bank", "bank/bank.safetensors", lambda f: Embeddings.load(f / "bank"),
           (change_length, change_bytes)),
    Target("result", "r.json", compared, JSON),
    Target("queries", "r.per_query/queries.json", compared, JSON),
    Target("per query", "r.per_query/per_query.safetensors", compared,
           (change_length, change_bytes)),
    Target("card", "card.json", lambda f: card_of(f / "m.csv", records()), JSON),
    Target("annotations", "cuhk/reid_raw.json", indexed(CuhkPedes, root="cuhk"), JSON),
    Target("authors' table", "qrcm/aio.csv", indexed(QrCMTable, csv="qrcm/aio.csv"), LINES),
    Target("sysu lists", "sysu/exp/test_id.txt", indexed(SysuMM01, root="sysu"), LINES),
    Target("sysu mat", "sysu/rand_perm_cam.mat", indexed(SysuMM01, root="sysu"),
           (change_mat, change_mat, change_bytes)),
    Target("regdb list", "regdb/idx/train_visible_1.txt", indexed(RegDB, root="regdb"), LINES),
    Target("llcm list", "llcm/idx/train_vis.txt", indexed(LLCM, root="llcm"), LINES),
    Target("llcm ids", "llcm/idx/test_id.txt", indexed(LLCM, root="llcm"), LINES),
    Target("adapter", "adapter_config.json", lambda f: _settings(f / "adapter_config.json"), JSON),
    Target("reidbench.json", "weights/reidbench.json",
           lambda f: defaults(str(f / "weights")), JSON),
    Target("marker", f"made/{MARKER}",
           lambda f: claim({f / "made": {"operator": "x", "seed": 0}}), JSON),
    *(Target(f"picture {kind}", f"p.{kind}", lambda f, k=kind: pictures(f / f"p.{k}"), DATA)
      for kind in ("png", "jpg", "bmp", "webp", "tif")),
)  # fmt: skip

SCORE = ("score", "plain.npz", "--manifest", "plain.csv", "--task", "t.json")
COMMANDS = {
    "score: task": ("t.json", JSON, SCORE),
    "score: manifest": ("m.jsonl", (change_jsonl, change_bytes),
                        ("score", "plain.npz", "--manifest", "m.jsonl", "--task", "t.json")),
    "score: embeddings": ("e.npz", (change_npz, change_bytes),
                          ("score", "e.npz", "--manifest", "plain.csv", "--task", "t.json")),
    "score: card": ("card.json", JSON, (*SCORE, "--json")),
    "compare": ("r.json", JSON, ("compare", "r.json", "kept.json")),
    "show": ("r.json", JSON, ("show", "r.json")),
    "data check": ("m.json", JSON, ("data", "check", "Manifest", "--option", "path=m.json")),
}  # fmt: skip
"""Whole commands: the file that is changed, how, and the words."""
