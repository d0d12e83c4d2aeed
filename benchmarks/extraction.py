"""Items per second that a Qwen2-VL teacher embeds, and what each measure brings.

    python benchmarks/extraction.py
    python benchmarks/extraction.py --weights FOLDER --dtype bfloat16 --items 16    # a real one

Plain pads every prompt to 165 tokens and runs all of it, as the released code does. The measures
are switched on one after the other, same weights, same items, in turn in one process with one
thread: the vision tower's attention as one call for the batch and its patch embedding as a product,
padding to the batch, batches of alike prompts (captions sorted by length), and the constant
beginning of the prompts run once. Images are 336 x 196, 84 visual tokens; captions have 12 to 40
words.

Without `--weights` the model is a small one with random weights, and its prompts have about as many
tokens as the default ones with a real tokenizer: 25 before an image and 25 behind it, 44 before a
caption and 5 behind it.

`predicted` follows from the tokens that the language model runs and the vision tower's own time.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch
from transformers import Qwen2VLConfig, Qwen2VLForConditionalGeneration
from transformers.models.qwen2_vl.modeling_qwen2_vl import PatchEmbed

from reidbench.embeddings.extract import batches_of
from reidbench.tools.files import write_json
from reidbench_mllm import make_embedded
from reidbench_mllm.checkpoint import EMBEDDED, quiet
from reidbench_mllm.prefix import Prefix
from reidbench_mllm.qwenvl import QwenVL
from reidbench_mllm.vision import add_shortcuts
from reidbench_registry import MODALITIES, Record
from reidbench_registry.testing.pictures import draw

LENGTH = 165
SIZE = [336, 196]
# Words that are one token each.
SYSTEM = "person age gender clothing biometrics photo infrared sketch text man woman coat shirt red"
ASK = (
    "photo of the person with age gender clothing biometrics in red coat and white shirt left back"
)
PROMPTS = dict.fromkeys(MODALITIES, f"{{image}} {ASK}") | {
    "system": SYSTEM,
    "text": f"{ASK} {{caption}}",
}
WORDS = f"{make_embedded.COLOURS} {make_embedded.UPPER} {make_embedded.LOWER}".split()


def small(folder: Path) -> str:
    """Write a Qwen2-VL of small width with random weights; returns its folder."""
    with quiet():
        from transformers import AutoProcessor

        AutoProcessor.from_pretrained(EMBEDDED, local_files_only=True).save_pretrained(folder)
        config = make_embedded.config()
        config["text_config"] |= {
            "hidden_size": 256, "intermediate_size": 1024, "num_hidden_layers": 8,
        }  # fmt: skip
        config["text_config"]["rope_parameters"]["mrope_section"] = [8, 12, 12]
        config["vision_config"] |= {
            "depth": 4, "embed_dim": 192, "hidden_size": 256, "patch_size": 14,
        }  # fmt: skip
        write_json(folder / "reidbench.json", {"image_size": SIZE, "prompts": PROMPTS})
        torch.manual_seed(0)
        model = Qwen2VLForConditionalGeneration(Qwen2VLConfig(**config))
        model.save_pretrained(folder)
    return str(folder)


def items(count: int, folder: Path) -> dict[str, list[Record]]:
    """Photos, and captions of 12 to 40 words."""
    rng = np.random.default_rng(0)
    photos = [
        Record(f"i{i}", "d", "test", "rgb", "p", path=draw(folder / f"{i}.png", i, 128, 64))
        for i in range(count)
    ]
    captions = [" ".join(rng.choice(WORDS, rng.integers(12, 41))) for _ in range(count)]
    texts = [Record(f"t{i}", "d", "test", "text", "p", text=c) for i, c in enumerate(captions)]
    return {"images": photos, "text": texts}


def padded(batch: dict, length: int) -> dict:
    """The batch with its prompts padded on the right to `length`."""
    out = dict(batch)
    for kind in ("image", "text"):
        if kind in batch:
            part = dict(batch[kind])
            more = length - part["tokens"].shape[1]
            for name in ("tokens", "mask"):
                part[name] = torch.nn.functional.pad(part[name], (0, max(0, more)))
            out[kind] = part
    return out


WAYS = (
    "plain",
    "+ batched vision tower",
    "+ padded to the batch",
    "+ alike together",
    "+ beginning run once",
)
PLAIN, VISION, PADDED, ALIKE, BEGINNING = range(len(WAYS))


class Ways:
    """The same items embedded with 0 to 4 of the measures."""

    def __init__(self, model: QwenVL, records: list[Record], size: int) -> None:
        self.model = model
        self.visual = model._base().model.visual
        self.items = {r.item_id: model.preprocess(r) for r in records}
        self.given = [records[i : i + size] for i in range(0, len(records), size)]
        self.alike = [[records[i] for i in batch] for batch in batches_of(records, size)]

    def batches(self, way: int) -> Iterator[tuple[list[Record], dict]]:
        for batch in self.alike if way >= ALIKE else self.given:
            found = dict(self.model.collate([self.items[r.item_id] for r in batch]))
            yield batch, found if way >= PADDED else padded(found, LENGTH)

    def tokens(self, way: int) -> float:
        """Tokens that the language model runs, padding too."""
        total = 0.0
        for _, batch in self.batches(way):
            for kind in batch.keys() & {"image", "text"}:
                rows, width = batch[kind]["tokens"].shape
                saved = len(self.model._prefixes[kind].tokens) if way >= BEGINNING else 0
                total += rows * (width - saved)
        return total

    def run(self, way: int) -> dict[str, torch.Tensor]:
        """item id -> its embedding."""
        with self.switched(way), torch.inference_mode():
            return {
                record.item_id: row
                for records, batch in self.batches(way)
                for record, row in zip(records, self.model.encode(batch), strict=True)
            }

    def vision_seconds(self, way: int) -> float:
        """What the vision tower takes for all items; 0 for captions."""

        def work() -> None:
            for _, batch in self.batches(PADDED):
                if "image" in batch:
                    self.model._vision(self.visual, batch["image"]["pixels"])

        with self.switched(way), torch.inference_mode():
            return median(seconds(work) for _ in range(3))

    @contextlib.contextmanager
    def switched(self, way: int) -> Iterator[None]:
        """The model with the measures of a way, and no other."""
        prefixes = self.model._prefixes
        if way < VISION:
            self.visual.patch_embed.__class__ = PatchEmbed
            self.visual.set_attn_implementation("sdpa")
        if way < BEGINNING:
            self.model._prefixes = {kind: _Never(p.tokens) for kind, p in prefixes.items()}
        try:
            yield
        finally:
            add_shortcuts(self.visual)
            self.model._prefixes = prefixes


class _Never(Prefix):
    def begins(self, tokens: torch.Tensor, mask: torch.Tensor) -> bool:
        return False


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--weights", help="a local folder or a name on the hub (default: small)")
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--items", type=int, default=32)
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        weights = given.weights or small(folder / "model")
        model = QwenVL(weights=weights, image_size=SIZE, dtype=given.dtype).eval()
        print("| items | way | items/s | ratio | predicted | tokens an item | max difference |")
        print("|---|---|---|---|---|---|---|")
        for kind, records in items(given.items, folder).items():
            ways = Ways(model, records, given.batch_size)
            reference = ways.run(PLAIN)
            times: list[list[float]] = [[] for _ in WAYS]
            for _ in range(given.rounds):
                for way in range(len(WAYS)):
                    times[way].append(seconds(lambda way=way: ways.run(way)))
            base = median(times[PLAIN])
            per_token = (base - ways.vision_seconds(PLAIN)) / ways.tokens(PLAIN)
            for way, name in enumerate(WAYS):
                gap = max((f - reference[i]).abs().max().item() for i, f in ways.run(way).items())
                took = median(times[way])
                predicted = base / (ways.vision_seconds(way) + per_token * ways.tokens(way))
                print(
                    f"| {kind} | {name} | {len(records) / took:.3g} | {base / took:.2f} | "
                    f"{predicted:.2f} | {ways.tokens(way) / len(records):.0f} | {gap:.1e} |"
                )
            print(f"| {kind} | share of the vision tower in plain | "
                  f"{ways.vision_seconds(PLAIN) / base:.0%} | | | | |")  # fmt: skip


if __name__ == "__main__":
    main()
