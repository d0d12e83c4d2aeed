"""Make the embedded student's foundation: a tiny CLIP that knows what pedestrians wear.

    python benchmarks/embedded/make_student_foundation.py --out plugins/reidbench_clip/embedded

The paper's student is a CLIP that was pretrained on pictures and captions; the embedded one is
pretrained on drawn people of worlds (cameras, persons) that neither an experiment nor the
teacher's foundation uses. It is supervised by attributes and captions, never by identities:

- attribute heads over the features of every modality, behind a batch norm for each modality; the
  heads are shared by the modalities, so that these meet in one space, and are dropped afterwards;
- InfoNCE between each picture and the caption of the same moment, on CLIP's own features.

Attributes that a modality does not show are not asked of it. Pictures are mirrored at random.

The same seed, libraries and number of threads give the same file. A command that was stopped
continues at its last checkpoint.
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
from open_clip import OPENAI_DATASET_MEAN, OPENAI_DATASET_STD
from rich.progress import track
from torch import Tensor, nn

from reidbench.tools.files import write_json
from reidbench.tools.images import open_image, to_pixels
from reidbench.tools.tensors import save_tensors
from reidbench_clip.openclip import Item, OpenCLIP
from reidbench_synthetic.dataset import NAME, VERSION

FIRST_WORLD = 2_000_000
"""Seeds from here on belong to the student's foundation."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--cache", type=Path, default=Path("runs/cache/student-foundation"))
    parser.add_argument("--worlds", type=int, default=20)
    parser.add_argument("--people", type=int, default=800, help="per world")
    parser.add_argument("--instances", type=int, default=2)
    parser.add_argument("--steps", type=int, default=4500)
    parser.add_argument("--batch", type=int, default=64, help="moments; four items each")
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--captions", type=float, default=0.5, help="weight of InfoNCE")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    arguments = {k: v for k, v in vars(given).items() if k not in ("out", "cache")}
    torch.set_num_threads(given.threads)
    torch.manual_seed(given.seed)

    start = time.monotonic()
    data = moments(FIRST_WORLD, given.worlds, given.people, given.instances, given.cache)
    model = OpenCLIP(model="embedded", pretrained=None)
    size = tuple(model.clip.visual.image_size)
    pixels = torch.stack(
        [
            torch.stack([to_pixels(open_image(moment[m].path), size) for m in PICTURES])
            for moment in track(data, "reading")
        ]
    )
    captions = [model.preprocess(moment["text"]) for moment in data]
    attributes = attributes_of(data)
    preparation = time.monotonic() - start
    mean, std = (torch.tensor(v).view(3, 1, 1) for v in (OPENAI_DATASET_MEAN, OPENAI_DATASET_STD))
    heads = Heads(model.embed_dim)
    # The projections into a teacher's space are no part of the foundation.
    for name in model.projections:
        model.projections[name] = nn.Identity()

    def losses(chosen: Tensor) -> dict[str, Tensor]:
        images = pixels[chosen].transpose(0, 1)
        mirrored = (torch.rand(len(chosen)) < 0.5).view(1, -1, 1, 1, 1)
        images = torch.where(mirrored, images.flip(-1), images)
        images = (images.float() / 255 - mean) / std
        items = [Item(m, image) for m, row in zip(PICTURES, images, strict=True) for image in row]
        items += [captions[i] for i in chosen.tolist()]
        parts = model.encode(model.collate(items)).split(len(chosen))
        features = dict(zip(MODALITIES, parts, strict=True))
        told = {m: heads(m, heads.norms[m](f), attributes[chosen]) for m, f in features.items()}
        paired = torch.stack([info_nce(features[m], features["text"]) for m in PICTURES])
        return told | {"captions": given.captions * paired.mean()}

    model.train()
    key = "-".join(str(value) for value in arguments.values())
    training = Training(given.cache / f"training-{key}", len(data), given.batch)
    training.run("whole", given.steps, [model.clip, heads], losses, given.lr, weight_decay=0.05)

    state = {name: tensor.half() for name, tensor in model.clip.state_dict().items()}
    save_tensors(given.out / "foundation.safetensors", state, metadata={"format": "pt"})
    report = {
        "world": {"dataset": NAME, "version": VERSION, "first_seed": FIRST_WORLD},
        "parameters": sum(tensor.numel() for tensor in state.values()),
        "arguments": arguments,
        "minutes": round((preparation + training.seconds) / 60, 1),
        "log": training.log[4::5],
    }
    write_json(given.out / "foundation.json", report)


if __name__ == "__main__":
    main()
