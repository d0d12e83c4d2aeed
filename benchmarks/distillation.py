"""A training step of a ViT-B/16 student at 256 x 128, taken apart: what do the distillers cost?

    python benchmarks/distillation.py                      # CPU: forward and backward of 16 items
    python benchmarks/distillation.py --threads 2 --items 128
    python benchmarks/distillation.py --device cuda        # the whole batch by default
    python benchmarks/distillation.py --workers 2          # also: how long a step waits for data

The batch is that of the method: 128 rows (8 identities x 4 photos x 4 modalities; 96 images and 32
captions), teacher dimension 1536. Loading, losses, distillers and optimizer are timed at this size.
On the CPU the student's forward and backward take minutes for all of it: they are timed with
`--items` items of the same mixture and scaled (`x`). Losses and distillers are timed with their own
backward, down to the embedding. Random weights; medians over rounds.

Milliseconds are those of the processor, so that other jobs on the machine count little; those of
the clock with `--wall`, with several threads and on a GPU.

With `--workers N` steps also run as in a training: N processes of the harness's loader decode and
augment the 128 items of each, JPEGs of 512 x 256. Waiting is the clock's time for the next batch.
What a batch takes of one core says how short a step may be until it has to wait.

`plain` is PCM and FR as the formulas are written: `torch.linalg.svd` of the batch's teacher rows,
and both D x D correlation matrices. Both ways run in turn, in one process.

Goals: the paper's three distillers take at most 5% of a step; PCM + FR at least 8 times faster than
plain.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

if "--threads" not in sys.argv:
    os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from reidbench.embeddings.items import Items, loader
from reidbench.models.model import ReIDModel
from reidbench.pluginhost import PluginHost
from reidbench.tools.tensors import load_tensors, save_tensors
from reidbench_registry import MODALITIES, Record
from reidbench_registry.registries import KindRegistry
from reidbench_registry.signature import signature
from reidbench_registry.testing.pictures import draw

B, D, BANK, CLASSES, RANK = 128, 1536, 20_000, 11_003, 50
PAPER = ("Cosine", "PCM", "FR")
FOUR = ("rgb", "ir", "sketch", "text")
AUGMENT = ("RandomHorizontalFlip", "PadCrop", "RandomErasing")
LOSSES = ("ID", "Triplet", "SDM")
CAPTION = "a woman in her thirties wears a long red coat, black trousers and white shoes, {}"


class Clock:
    """Milliseconds by part, round by round."""

    def __init__(self, device: torch.device, wall: bool) -> None:
        self.device, self.of = device, {}
        self._now = time.perf_counter if wall else time.process_time

    def add(self, name: str, work: Callable[[], object]) -> object:
        self._wait()
        start = self._now()
        result = work()
        self._wait()
        self.of.setdefault(name, []).append(1000 * (self._now() - start))
        return result

    def median(self, name: str) -> float:
        return median(self.of[name])

    def _wait(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize()


def items(folder: Path, number: int, height: int = 256, width: int = 128) -> list[Record]:
    """One item of each modality in turn, its pictures drawn as JPEG."""
    records = []
    for i in range(number):
        modality, pid = FOUR[i % 4], str(i // 16)
        if modality == "text":
            records.append(Record(str(i), "d", "train", modality, pid, text=CAPTION.format(i)))
        else:
            path = draw(folder / f"{height}" / f"{i}.jpg", i, height, width)
            records.append(Record(str(i), "d", "train", modality, pid, path=str(path)))
    return records


def waiting(
    workers: int, rounds: int, folder: Path, backbone: nn.Module, train: Callable[[Clock], None]
) -> tuple[Clock, float]:
    """-> (times of `wait`, the batch's way to the device and `train`; ms of a core for a batch)."""
    of = Clock(next(backbone.parameters()).device, wall=True)
    records = items(folder, B * (rounds + 1), 512, 256)
    batches = [[(i, 0) for i in range(at, at + B)] for at in range(0, len(records), B)]
    transforms = KindRegistry("transform", PluginHost().catalog)
    decoded = Items(records, backbone, [transforms.create({"type": name}) for name in AUGMENT])
    loaded = iter(loader(decoded, batches, workers))
    for number in range(rounds + 1):
        if number == 1:
            of.of.clear()  # before, the workers started
        batch = of.add("wait", lambda: next(loaded)[2])
        of.add("to the device", lambda: on(of.device, batch))
        train(of)
    start = time.process_time()
    for places in batches:
        backbone.collate([decoded[place][1] for place in places])
    return of, 1000 * (time.process_time() - start) / len(batches)


def on(device: torch.device, batch: dict) -> dict:
    return {k: v.to(device) if isinstance(v, Tensor) else v for k, v in batch.items()}


def with_gradient(loss: Callable[[Tensor], Tensor], rows: Tensor) -> Callable[[], None]:
    """The loss of rows[B, D] and its backward."""

    def work() -> None:
        leaf = rows.detach().requires_grad_()
        loss(leaf).backward()

    return work


def plain_pcm(student: Tensor, teacher: Tensor) -> Tensor:
    with torch.no_grad():
        basis = torch.linalg.svd(teacher, full_matrices=False)[2][:RANK].T
    return (1 - F.cosine_similarity(F.normalize(student) @ basis, teacher @ basis)).mean()


def plain_fr(student: Tensor, teacher: Tensor) -> Tensor:
    def correlation(rows: Tensor) -> Tensor:
        rows = rows - rows.mean(0)
        norms = rows.norm(dim=0)
        return rows.T @ rows / (norms[:, None] * norms + 1e-8)

    related = correlation(F.normalize(student)), correlation(teacher)
    return (1 - F.cosine_similarity(*related)).mean()


def distillers(bank: Tensor) -> dict[str, Callable]:
    """Those of reidbench_distillers with their defaults; memories are filled."""
    host = PluginHost()
    made = KindRegistry("distiller", host.catalog)
    found = {}
    for entry in host.catalog.entries("distiller"):
        if entry.owner.package != "reidbench_distillers":
            continue
        takes = signature(entry).parameters.keys()
        dims = {name: D for name in ("student_dim", "teacher_dim") if name in takes}
        one = made.create({"type": entry.name, **dims})
        one = one.to(bank.device) if isinstance(one, nn.Module) else one
        one.fit(bank)
        modality = torch.zeros(B, dtype=torch.long, device=bank.device)
        for _ in range(16_384 // B + 1 if "memory" in takes else 1):
            with torch.no_grad():
                one(torch.randn(B, D, device=bank.device), bank[:B], modality)
        found[entry.name] = one
    found["PCM, basis='bank'"] = made.create({"type": "PCM", "basis": "bank"})
    found["PCM, basis='bank'"].fit(bank)
    return found


def step(
    clock: Clock, rounds: int, part: int, folder: Path, bank: Tensor
) -> tuple[nn.Module, Callable[[Clock], None]]:
    """Time everything of a step but the distillers -> the student and its forward, backward and
    optimizer by themselves."""
    host = PluginHost()
    torch.manual_seed(0)
    backbone = KindRegistry("backbone", host.catalog).create(
        {"type": "OpenCLIP", "model": "ViT-B-16", "image_size": [256, 128], "embed_dim": D}
    )
    device = clock.device
    model = ReIDModel(backbone, classes=CLASSES).to(device).train()
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-5)
    records = items(folder, B)
    losses = [KindRegistry("loss", host.catalog).create({"type": name}) for name in LOSSES]
    labels = torch.tensor([int(r.pid) for r in records], device=device)
    codes = torch.tensor([MODALITIES.index(r.modality) for r in records], device=device)
    rows = torch.randn(B, D, device=device)
    logits = torch.randn(B, CLASSES, device=device)
    gradients = torch.randn(part, D, device=device), torch.randn(part, CLASSES, device=device)

    def task(leaf: Tensor) -> Tensor:
        related = logits + 0 * leaf.sum()
        return sum(sum(loss(leaf, labels, codes, related).values()) for loss in losses)

    def load(of: list[Record]) -> dict:
        return on(device, backbone.collate([backbone.preprocess(r) for r in of]))

    small = load(records[:part])

    def train(clock: Clock) -> None:
        outputs = clock.add("student forward", lambda: model(small, codes[:part]))
        clock.add("backward", lambda: torch.autograd.backward(list(outputs), gradients))
        clock.add("optimizer", lambda: (
            nn.utils.clip_grad_norm_(model.parameters(), 1.0), optimizer.step(),
            optimizer.zero_grad(),
        ))  # fmt: skip

    for number in range(rounds + 1):
        if number == 1:
            clock.of.clear()  # the first round warms up
        clock.add("data", lambda: load(records))
        indices = torch.randint(BANK, (B,))
        clock.add("teacher lookup", lambda: bank[indices].to(device, torch.float32))
        clock.add("task losses", with_gradient(task, rows))
        train(clock)
    return backbone, train


def medians(clock: Clock, part: int) -> dict[str, float]:
    """Of the whole batch: forward and backward are of `part` items."""
    scaled = {"student forward", "backward"}
    return {n: clock.median(n) * (B / part if n in scaled else 1) for n in clock.of}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5, help="of the step")
    parser.add_argument("--distiller-rounds", type=int, default=15)
    parser.add_argument("--items", type=int, help="of forward and backward (default: 16 or 128)")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--workers", type=int, default=0, help="also time waiting for them")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--wall", action="store_true", help="milliseconds of the clock")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    device = torch.device(given.device)
    part = given.items or (16 if device.type == "cpu" else B)
    torch.manual_seed(0)
    rows, modality = torch.randn(B, D, device=device), torch.arange(B, device=device) % 4
    wall = given.wall or device.type == "cuda" or given.threads > 1
    clock = Clock(device, wall)
    with tempfile.TemporaryDirectory() as name:
        # As a teacher's features: a mean, and directions of decaying variance.
        features = torch.randn(BANK, D) * torch.logspace(0, -2, D) * 30 + 5
        save_tensors(Path(name) / "bank.safetensors", {"features": features})
        bank = load_tensors(Path(name) / "bank.safetensors")["features"]
        backbone, train = step(clock, given.rounds, part, Path(name), bank)
        if given.workers:
            waited = waiting(given.workers, given.rounds, Path(name), backbone, train)
        teacher = bank[torch.randint(BANK, (B,))].to(device)
        found = distillers(bank.to(device))
    work = {
        name: with_gradient(lambda s, d=one: d(s, teacher, modality), rows)
        for name, one in found.items()
    }
    work["plain PCM"] = with_gradient(lambda s: plain_pcm(s, teacher), rows)
    work["plain FR"] = with_gradient(lambda s: plain_fr(s, teacher), rows)
    for number in range(given.distiller_rounds + 1):
        for name, one in work.items():
            if number == 0:
                one()
            else:
                clock.add(name, one)

    times = medians(clock, part)
    parts = [n for n in times if n not in work] + list(PAPER)
    whole = sum(times[n] for n in parts)
    of = "clock" if wall else "processor"
    print(f"{device}, {given.threads} threads; B {B}, D {D}; milliseconds of the {of}")
    print(f"forward and backward: {part} items x {B / part:g}")
    print("| part | median ms | of the step |\n|---|---|---|")
    for n in parts:
        print(f"| {n} | {times[n]:.2f} | {times[n] / whole:.2%} |")
    print(f"| whole step | {whole:.0f} | |\n")
    three = sum(times[n] for n in PAPER)
    loaded = three / (whole - times["data"])
    print(f"Cosine + PCM + FR: {three:.2f} ms, {three / whole:.2%} of the step (goal: at most 5%)")
    print(f"without the loading of data: {loaded:.2%}")
    if given.workers:
        trained = medians(waited[0], part)
        wait, all_of_it = trained["wait"], sum(trained.values()) + three + times["task losses"]
        print(f"{given.workers} workers: a step waits {wait:.1f} ms for data, "
              f"{wait / all_of_it:.2%} of {all_of_it:.0f} ms of the clock (goal: at most 5%); "
              f"a batch takes {waited[1]:.0f} ms of one core")  # fmt: skip
    pairs = zip(*(clock.of[n] for n in ("plain PCM", "plain FR", "PCM", "FR")), strict=True)
    ratio = median((a + b) / (c + d) for a, b, c, d in pairs)
    print(f"plain PCM {times['plain PCM']:.2f} + plain FR {times['plain FR']:.2f} ms")
    print(f"PCM {times['PCM']:.2f} + FR {times['FR']:.2f} ms: {ratio:.1f} times faster (goal: 8)\n")
    print("| distiller | median ms |\n|---|---|")
    for n in found:
        print(f"| {n} | {times[n]:.2f} |")


if __name__ == "__main__":
    main()
