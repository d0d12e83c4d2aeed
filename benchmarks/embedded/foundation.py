"""What the two commands that make a foundation share: people of worlds that no experiment uses,
their attributes and captions as supervision, and a training that survives being stopped."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from rich.progress import track
from torch import Tensor, nn

from reidbench.tools.files import whole_file
from reidbench_registry import Record
from reidbench_synthetic.attributes import CHOICES
from reidbench_synthetic.dataset import SyntheticPedestrians

PICTURES = ("rgb", "ir", "sketch")
MODALITIES = (*PICTURES, "text")
COLOURS = tuple(name for name in CHOICES if name.endswith("colour"))
UNSEEN = {"ir": COLOURS, "sketch": COLOURS, "rgb": (), "text": ()}
"""Attributes that a modality does not show: they are not asked of it."""
VALUES = {name: tuple(dict.fromkeys((*values, "none"))) for name, values in CHOICES.items()}


class Heads(nn.Module):
    """A batch norm for each modality, and one linear classifier for each attribute, shared by the
    modalities."""

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
    """InfoNCE over the batch, both ways: row i of a[B, D] belongs to row i of b[B, D] only."""
    scores = scale * F.normalize(a) @ F.normalize(b).T
    target = torch.arange(len(a))
    return (F.cross_entropy(scores, target) + F.cross_entropy(scores.T, target)) / 2


def moments(
    first_world: int, worlds: int, people: int, instances: int, cache: Path
) -> list[dict[str, Record]]:
    """The four records of every moment (modality -> record), of the worlds with seeds from
    `first_world` on. Pictures that are not in `cache` yet are drawn."""
    found: dict[str, dict[str, Record]] = {}
    for world in range(first_world, first_world + worlds):
        dataset = SyntheticPedestrians(
            seed=world, train=0, val=0, test=0, unlabelled=people, instances=instances
        )
        folder = cache / dataset.card.revision
        for record in dataset.prepare(folder, lambda items, text, total: track(items, text, total)):
            found.setdefault(f"{world}-{record.instance_id}", {})[record.modality] = record
    return list(found.values())


def attributes_of(data: Sequence[dict[str, Record]]) -> Tensor:
    """Moments -> the number of each attribute's value, int64[moments, len(VALUES)]."""
    rows = [moment["text"].extras["attributes"] for moment in data]
    return torch.tensor([[VALUES[name].index(row[name]) for name in VALUES] for row in rows])


class Training:
    """Trains over random batches of moments, keeps a log, and writes checkpoints to `folder`.

    A command that was stopped and starts again with the same arguments continues at the last
    checkpoint of its stage; stages that were finished are loaded."""

    def __init__(self, folder: Path, moments: int, batch: int, minutes: float = 2.0) -> None:
        self.folder, self.moments, self.batch = folder, moments, batch
        self.log: list[dict[str, Any]] = []
        self.seconds = 0.0
        """spent in training, over all starts"""
        self._every = 60 * minutes

    def run(
        self,
        stage: str,
        steps: int,
        modules: Sequence[nn.Module],
        losses: Callable[[Tensor], dict[str, Tensor]],
        lr: float,
        weight_decay: float,
        log_every: int = 100,
    ) -> None:
        """Minimise the sum of `losses(chosen moments)` with AdamW and a one-cycle rate."""
        whole = nn.ModuleList(modules)
        parameters = [p for p in whole.parameters() if p.requires_grad]
        optimizer = torch.optim.AdamW(parameters, lr=lr, weight_decay=weight_decay)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, lr, total_steps=steps, pct_start=0.1
        )
        order = torch.empty(0, dtype=torch.long)
        file, done = self.folder / f"{stage}.pt", 0
        if file.is_file():
            state = torch.load(file, weights_only=True)
            whole.load_state_dict(state["modules"])
            optimizer.load_state_dict(state["optimizer"])
            schedule.load_state_dict(state["schedule"])
            torch.set_rng_state(state["rng"])
            order, done = state["order"], state["step"]
            self.log, self.seconds = state["log"], state["seconds"]
        began = saved = time.monotonic()
        before = self.seconds
        for step in range(done + 1, steps + 1):
            if len(order) < self.batch:
                order = torch.randperm(self.moments)
            chosen, order = order[: self.batch], order[self.batch :]
            terms = losses(chosen)
            optimizer.zero_grad()
            torch.stack(list(terms.values())).sum().backward()
            nn.utils.clip_grad_norm_(parameters, 1.0)
            optimizer.step()
            schedule.step()
            now = time.monotonic()
            self.seconds = before + now - began
            if step % log_every == 0:
                row = {"stage": stage, "step": step, "minutes": round(self.seconds / 60, 1)}
                self.log.append(row | {name: round(term.item(), 3) for name, term in terms.items()})
                print(json.dumps(self.log[-1]), flush=True)
            if step == steps or now - saved >= self._every:
                state = {
                    "modules": whole.state_dict(),
                    "optimizer": optimizer.state_dict(),
                    "schedule": schedule.state_dict(),
                    "rng": torch.get_rng_state(),
                    "order": order,
                    "step": step,
                    "log": self.log,
                    "seconds": self.seconds,
                }
                with whole_file(file) as part:
                    torch.save(state, part)
                saved = now
