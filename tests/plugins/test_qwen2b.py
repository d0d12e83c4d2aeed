"""The true Qwen2-VL-2B, every size as published, with random weights: it loads, it is adapted, it
embeds. Takes some 5 GB of disk and more of memory; the environment `slow` of tox runs it."""

import resource
import runpy
import time
from pathlib import Path

import pytest
import torch
from PIL import Image

from reidbench_mllm.qwenvl import QwenVL
from reidbench_registry import Record

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "qwen2b.py"


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    folder = tmp_path_factory.mktemp("qwen2b")
    runpy.run_path(str(SCRIPT))["write"](folder)
    yield folder
    for file in folder.glob("*.safetensors"):
        file.unlink()


def test_the_2b_model_loads_and_embeds_on_a_cpu(checkpoint, tmp_path):
    Image.effect_noise((128, 256), 90).convert("RGB").save(tmp_path / "photo.png")
    records = [
        Record(name, "d", "test", name, "p", path=tmp_path / "photo.png")
        for name in ("rgb", "ir", "sketch")
    ]
    caption = "A tall woman in a red coat with a blue bag."
    records.append(Record("text", "d", "test", "text", "p", text=caption))
    start = time.monotonic()
    model = QwenVL(
        str(checkpoint),
        lora={"scheme": "attention"},
        image_size=[336, 196],
        dtype="bfloat16",
        gradient_checkpointing=True,
        seed=0,
    ).eval()
    loaded = time.monotonic()
    items = [model.preprocess(record) for record in records]
    with torch.inference_mode():
        together = model.encode(model.collate(items)).float()
        done = time.monotonic()
        alone = model.encode(model.collate(items[3:])).float()
    assert together.shape == (4, 1536) and model.embed_dim == 1536
    assert together.isfinite().all() and together.std(0).max() > 0
    assert torch.nn.functional.cosine_similarity(together[3:], alone).item() > 0.999

    facts = model.describe()
    assert facts["images"] == "336 x 196 pixels, 84 visual tokens"
    assert len(facts["adapted modules"]) == 178
    # The vision tower's qkv and proj, the merger, and q, k, v, o of the language model; DoRA adds
    # a magnitude per output.
    shapes = [(1280, 3840), (1280, 1280)] * 32 + [(5120, 5120), (5120, 1536)]
    shapes += [(1536, 1536), (1536, 256), (1536, 256), (1536, 1536)] * 28
    trained = sum(p.numel() for p in model.parameters() if p.requires_grad)
    assert trained == sum(16 * (i + o) + o for i, o in shapes)
    total = sum(p.numel() for p in model.parameters())
    assert total - trained == 2_208_985_600  # as published
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(
        f"loaded in {loaded - start:.0f} s, 4 items in {done - loaded:.0f} s, peak {peak:.1f} GiB"
    )
