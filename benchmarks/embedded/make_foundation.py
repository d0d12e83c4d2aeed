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

The same libraries and number of threads give the same file. A command that was stopped continues
at its last checkpoint.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("KMP_BLOCKTIME", "0")

import torch
from foundation import MODALITIES, PICTURES, Heads, Training, attributes_of, info_nce, moments
from rich.progress import track
from torch import Tensor

from reidbench.tools.files import write_json
from reidbench.tools.tensors import save_tensors
from reidbench_mllm.qwenvl import QwenVL

FIRST_WORLD = 1_000_000
"""Seeds from here on belong to the teacher's foundation."""


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
    arguments = {k: v for k, v in vars(given).items() if k not in ("out", "cache")}
    torch.set_num_threads(given.threads)
    torch.manual_seed(0)

    start = time.monotonic()
    data = moments(FIRST_WORLD, given.worlds, given.people, given.instances, given.cache)
    model = QwenVL(weights="embedded", train_base=True)
    # From random weights, not from those that the package brings.
    fresh = type(model.model)(model.model.config).state_dict()
    model.model.load_state_dict({name: fresh[name] for name in model.model.state_dict()})
    items = [{m: model.preprocess(moment[m]) for m in MODALITIES} for moment in track(data)]
    attributes = attributes_of(data)
    preparation = time.monotonic() - start
    key = "-".join(str(value) for value in arguments.values())
    training = Training(given.cache / f"training-{key}", len(data), given.batch)

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

    vision = [inner.visual, tower_heads]
    training.run("vision", given.vision_steps, vision, of_tower, 2e-3, weight_decay=0.02)
    training.run("whole", given.steps, [model, heads], of_model, given.lr, weight_decay=0.02)
    state = {n: t.half() for n, t in model.model.state_dict().items()}
    save_tensors(given.out / "model.safetensors", state, metadata={"format": "pt"})
    report = {
        "parameters": sum(p.numel() for p in model.parameters()),
        "arguments": arguments,
        "minutes": round((preparation + training.seconds) / 60, 1),
        "log": training.log[4::5],
    }
    write_json(given.out / "foundation.json", report)


if __name__ == "__main__":
    main()
