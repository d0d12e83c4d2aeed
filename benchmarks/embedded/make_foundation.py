"""Make the embedded teacher's foundation: a tiny Qwen2-VL that knows what pedestrians wear.

    python benchmarks/embedded/make_foundation.py --out plugins/reidbench_mllm/embedded

A multimodal LLM is of use as teacher because of what it learnt before; so the embedded one learns
something before too. It sees drawn people of worlds (cameras, persons) that no experiment uses, and
is supervised by their attributes and captions, never by identities:

- first the vision tower alone: cross entropy of linear attribute heads over all of a picture's
  visual tokens (through a language model that knows nothing it would learn ten times slower);
- then the whole model: attribute heads over the embedding of every modality, and InfoNCE between
  each picture and the caption of the same moment.

Attributes that a modality does not show are not asked of it.

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
PICTURES = ("rgb", "ir", "sketch")
MODALITIES = (*PICTURES, "text")
COLOURS = tuple(name for name in CHOICES if name.endswith("colour"))
UNSEEN = {"ir": COLOURS, "sketch": COLOURS, "rgb": (), "text": ()}
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
    parser.add_argument("--vision-steps", type=int, default=1200)
    parser.add_argument("--steps", type=int, default=2500)
    parser.add_argument("--batch", type=int, default=32, help="moments; four items each")
    parser.add_argument("--lr", type=float, default=1e-3)
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
    log: list[dict] = []

    def train(stage: str, steps: int, lr: float, modules: list[nn.Module], losses) -> None:
        """Minimise the sum of `losses(chosen moments)`."""
        parameters = [p for module in modules for p in module.parameters()]
        optimizer = torch.optim.AdamW(parameters, lr=lr, weight_decay=0.02)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, lr, total_steps=steps, pct_start=0.1
        )
        order = torch.empty(0, dtype=torch.long)
        for step in range(1, steps + 1):
            if len(order) < given.batch:
                order = torch.randperm(len(data))
            chosen, order = order[: given.batch], order[given.batch :]
            terms = losses(chosen)
            optimizer.zero_grad()
            torch.stack(list(terms.values())).sum().backward()
            nn.utils.clip_grad_norm_(parameters, 1.0)
            optimizer.step()
            schedule.step()
            if step % 100 == 0:
                minutes = round((time.monotonic() - start) / 60, 1)
                row = {"stage": stage, "step": step, "minutes": minutes}
                log.append(row | {name: round(term.item(), 3) for name, term in terms.items()})
                print(json.dumps(log[-1]), flush=True)

    model.train()
    inner = model.model.model
    tokens = model._vision.tokens * model.embed_dim
    tower_heads, heads = Heads(tokens), Heads(model.embed_dim)

    def of_tower(chosen: Tensor) -> dict[str, Tensor]:
        pixels = torch.stack([items[i][m].pixels for m in PICTURES for i in chosen.tolist()])
        seen = model._vision(inner.visual, pixels).view(len(pixels), tokens).split(len(chosen))
        found = zip(PICTURES, seen, strict=True)
        return {m: tower_heads(m, tower_heads.norms[m](f), attributes[chosen]) for m, f in found}

    def of_model(chosen: Tensor) -> dict[str, Tensor]:
        batch = [items[i][m] for m in MODALITIES for i in chosen.tolist()]
        found = model.encode(model.collate(batch)).split(len(chosen))
        normed = {m: heads.norms[m](f) for m, f in zip(MODALITIES, found, strict=True)}
        told = {m: heads(m, f, attributes[chosen]) for m, f in normed.items()}
        paired = [info_nce(normed[m], normed["text"]) for m in PICTURES]
        return told | {"captions": 0.2 * torch.stack(paired).mean()}

    train("vision", given.vision_steps, 2e-3, [inner.visual, tower_heads], of_tower)
    train("whole", given.steps, given.lr, [model, heads], of_model)
    state = {n: t.half() for n, t in model.model.state_dict().items()}
    save_tensors(given.out / "model.safetensors", state, metadata={"format": "pt"})
    report = {
        "parameters": sum(p.numel() for p in model.parameters()),
        "arguments": {k: v for k, v in vars(given).items() if k not in ("out", "cache")},
        "minutes": round((time.monotonic() - start) / 60, 1),
        "log": log[4::5],
    }
    (given.out / "foundation.json").write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
