"""Make the embedded teacher's foundation: a tiny Qwen2-VL that knows what pedestrians wear.

    python benchmarks/embedded/make_foundation.py --out plugins/reidbench_mllm/embedded

A multimodal LLM is of use as teacher because of what it learnt before; so the embedded one learns
something before too. It sees drawn people of worlds (cameras, persons) that no experiment uses, and
is supervised by their attributes and captions, never by identities:

- cross entropy of linear attribute heads, in every modality, over what that modality shows;
- InfoNCE between each picture and the caption of the same moment.

The same seed, libraries and number of threads give the same file.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("KMP_BLOCKTIME", "0")

import torch
import torch.nn.functional as F
from rich.progress import track
from torch import Tensor, nn

from reidbench.tools.tensors import save_tensors
from reidbench_mllm.qwenvl import QwenVL
from reidbench_registry import Record
from reidbench_synthetic.attributes import CHOICES
from reidbench_synthetic.dataset import SyntheticPedestrians

FIRST_WORLD = 1_000_000
"""Seeds from here on belong to the foundation."""
MODALITIES = ("rgb", "ir", "sketch", "text")
COLOURS = tuple(name for name in CHOICES if name.endswith("colour"))
UNSEEN = {"ir": COLOURS, "sketch": COLOURS, "rgb": (), "text": ()}
"""What a modality does not show is not asked of it."""
VALUES = {name: tuple(dict.fromkeys((*values, "none"))) for name, values in CHOICES.items()}


class Heads(nn.Module):
    """A batch norm a modality, and one linear classifier an attribute, shared by the modalities."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.norms = nn.ModuleDict({m: nn.BatchNorm1d(dim) for m in MODALITIES})
        self.heads = nn.ModuleDict({n: nn.Linear(dim, len(v)) for n, v in VALUES.items()})

    def forward(self, modality: str, normed: Tensor, attributes: Tensor) -> Tensor:
        """normed[B, D], attributes[B, len(VALUES)] -> mean cross entropy"""
        losses = [
            F.cross_entropy(self.heads[name](normed), attributes[:, column], label_smoothing=0.05)
            for column, name in enumerate(VALUES)
            if name not in UNSEEN[modality]
        ]
        return torch.stack(losses).mean()


def info_nce(a: Tensor, b: Tensor, scale: float = 14.0) -> Tensor:
    """Row i of a[B, D] belongs to row i of b[B, D], and to no other."""
    scores = scale * F.normalize(a) @ F.normalize(b).T
    target = torch.arange(len(a))
    return (F.cross_entropy(scores, target) + F.cross_entropy(scores.T, target)) / 2


def moments(worlds: int, people: int, instances: int, cache: Path) -> list[dict[str, Record]]:
    """The four records of every moment."""
    found: dict[str, dict[str, Record]] = {}
    for world in range(FIRST_WORLD, FIRST_WORLD + worlds):
        dataset = SyntheticPedestrians(
            seed=world, train=0, val=0, test=0, unlabelled=people, instances=instances
        )
        folder = cache / dataset.card.revision
        for record in dataset.prepare(folder, lambda items, text, total: track(items, text, total)):
            found.setdefault(f"{world}-{record.instance_id}", {})[record.modality] = record
    return list(found.values())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--cache", type=Path, default=Path("runs/cache/foundation"))
    parser.add_argument("--worlds", type=int, default=10)
    parser.add_argument("--people", type=int, default=800, help="per world")
    parser.add_argument("--instances", type=int, default=2)
    parser.add_argument("--steps", type=int, default=4500)
    parser.add_argument("--batch", type=int, default=32, help="moments; four items each")
    parser.add_argument("--lr", type=float, default=1.5e-3)
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    torch.manual_seed(0)
    given.out.mkdir(parents=True, exist_ok=True)

    start = time.monotonic()
    data = moments(given.worlds, given.people, given.instances, given.cache)
    model = QwenVL(weights="embedded", train_base=True)
    items = [{m: model.preprocess(moment[m]) for m in MODALITIES} for moment in track(data)]
    attributes = torch.tensor(
        [
            [VALUES[n].index(moment["text"].extras["attributes"][n]) for n in VALUES]
            for moment in data
        ]
    )
    heads = Heads(model.embed_dim)
    optimizer = torch.optim.AdamW(
        [*model.parameters(), *heads.parameters()], lr=given.lr, weight_decay=0.02
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, given.lr, total_steps=given.steps, pct_start=0.08
    )
    model.train()
    order = torch.empty(0, dtype=torch.long)
    log = []
    for step in track(range(1, given.steps + 1), "training"):
        if len(order) < given.batch:
            order = torch.randperm(len(data))
        chosen, order = order[: given.batch], order[given.batch :]
        batch = [items[i][m] for m in MODALITIES for i in chosen.tolist()]
        features = dict(
            zip(MODALITIES, model.encode(model.collate(batch)).split(given.batch), strict=True)
        )
        normed = {m: heads.norms[m](f) for m, f in features.items()}
        told = torch.stack([heads(m, f, attributes[chosen]) for m, f in normed.items()]).mean()
        pictures = [normed[m] for m in MODALITIES if m != "text"]
        paired = torch.stack([info_nce(p, normed["text"]) for p in pictures]).mean()
        loss = told + 0.3 * paired
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step % 100 == 0:
            row = {
                "step": step,
                "attributes": round(told.item(), 4),
                "captions": round(paired.item(), 4),
                "minutes": round((time.monotonic() - start) / 60, 1),
            }
            log.append(row)
            print(json.dumps(row), flush=True)
    state = {n: t.half() for n, t in model.model.state_dict().items()}
    save_tensors(given.out / "model.safetensors", state, metadata={"format": "pt"})
    report = {
        "parameters": sum(p.numel() for p in model.parameters()),
        "arguments": {k: v for k, v in vars(given).items() if k not in ("out", "cache")},
        "minutes": round((time.monotonic() - start) / 60, 1),
        "log": log[:: max(1, len(log) // 10)],
    }
    (given.out / "foundation.json").write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
