"""LoRA schemes of the teacher: which modules each adapts, in a deep model and a tiny one."""

import pytest
import torch
import transformers

from reidbench_mllm.lora import SCHEMES, Lora, target_modules
from reidbench_mllm.qwenvl import QwenVL

LORA = {"scheme": "attention", "r": 4, "alpha": 16}


@pytest.fixture(scope="module")
def deep():
    """A Qwen2-VL with the real numbers of layers, 32 and 28, and no memory."""
    heads = {"num_attention_heads": 4, "num_key_value_heads": 2, "num_hidden_layers": 28}
    rope = {"rope_type": "default", "rope_theta": 1e4, "mrope_section": [2, 1, 1]}
    widths = {"hidden_size": 32, "intermediate_size": 64, "vocab_size": 64}
    config = transformers.Qwen2VLConfig(
        text_config={**heads, **widths, "rope_parameters": rope},
        vision_config={"depth": 32, "embed_dim": 32, "hidden_size": 32, "num_heads": 4},
    )
    with torch.device("meta"):
        return transformers.Qwen2VLForConditionalGeneration(config)


def by_hand(vision_blocks, vision_mlps, layers, layer_mlps):
    names = {f"model.visual.blocks.{i}.attn.{n}" for i in vision_blocks for n in ("qkv", "proj")}
    names |= {f"model.visual.blocks.{i}.mlp.{n}" for i in vision_mlps for n in ("fc1", "fc2")}
    stem = "model.language_model.layers"
    names |= {f"{stem}.{i}.self_attn.{n}_proj" for i in layers for n in "qkvo"}
    parts = ("gate", "up", "down")
    names |= {f"{stem}.{i}.mlp.{n}_proj" for i in layer_mlps for n in parts}
    return names | {"model.visual.merger.mlp.0", "model.visual.merger.mlp.2"}


@pytest.mark.parametrize(
    ("scheme", "blocks", "count"),
    [
        ("attention", (range(32), (), range(28), ()), 178),
        (
            "hier_every4",
            ((0, 4, 8, 12, 16, 20, 24, 28, 31),) * 2 + ((0, 4, 8, 12, 16, 20, 24, 27),) * 2,
            94,
        ),
        ("hier_last2", (range(32), (30, 31), range(28), (26, 27)), 188),
        (
            "hier_last4_alternate",
            (range(32), (*range(0, 32, 2), 29, 31), range(28), (*range(0, 28, 2), 25, 27)),
            262,
        ),
        ("all-linear", (range(32), range(32), range(28), range(28)), 326),
    ],
)
def test_schemes_adapt_what_they_say(deep, scheme, blocks, count):
    names = target_modules(deep, scheme)
    assert len(names) == len(set(names)) == count and set(names) == by_hand(*blocks)
    # PEFT matches suffixes, and shortens long lists: still these modules and no other.
    adapted = Lora(scheme=scheme, r=2, dora=False).attach(deep)
    found = {n for n, m in adapted.get_base_model().named_modules() if hasattr(m, "lora_A")}
    adapted.unload()
    assert found == set(names)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_schemes_fit_the_embedded_model(scheme):
    model = QwenVL(lora={**LORA, "scheme": scheme})
    facts = model.describe()
    assert f"DoRA, scheme {scheme}, rank 4, alpha 16" in facts["adapter"]
    names = facts["adapted modules"]
    assert "model.visual.patch_embed.proj" not in names
    shapes = [model.get_submodule(f"model.base_model.model.{name}") for name in names]
    # r x in + out x r, and DoRA's magnitude per output
    added = sum(4 * (m.in_features + m.out_features) + m.out_features for m in shapes)
    assert sum(p.numel() for p in model.parameters() if p.requires_grad) == added < 300_000
    assert sum(p.numel() for p in model.parameters()) < 2_000_000
