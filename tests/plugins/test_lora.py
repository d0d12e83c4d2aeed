"""LoRA schemes of the teacher: which modules each adapts, in a deep model and a tiny one."""

import json

import pytest
import torch
import transformers
from peft import LoraConfig, get_peft_model
from PIL import Image
from safetensors.torch import load_file, save_file

from reidbench_mllm.checkpoint import open_checkpoint
from reidbench_mllm.lora import SCHEMES, Lora, target_modules
from reidbench_mllm.qwenvl import QwenVL
from reidbench_registry import ConfigError, DataError, Record

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


def plain_peft(folder, targets, dora=True, **settings):
    """An adapter as PEFT itself makes and saves it, with an effect."""
    model, _ = open_checkpoint("embedded", dtype=torch.float32, attn_implementation="sdpa", seed=3)
    given = {"r": 3, "lora_alpha": 12, "use_dora": dora, **settings}
    adapted = get_peft_model(model, LoraConfig(target_modules=targets, **given))
    with torch.no_grad():
        for name, parameter in adapted.named_parameters():
            if ".lora_" in name:
                parameter.add_(torch.randn_like(parameter) * 0.05)
    adapted.save_pretrained(folder)
    return adapted


def photo_batch(model, folder):
    Image.effect_noise((32, 64), 90).convert("RGB").save(folder / "a.png")
    records = [Record("i", "d", "test", "rgb", "p", path=folder / "a.png"),
               Record("t", "d", "test", "text", "p", text="a red coat")]  # fmt: skip
    return model.collate([model.preprocess(record) for record in records])


@pytest.mark.parametrize("targets", [["q_proj", "v_proj"], ["qkv", "proj", "mlp.0"]])
def test_a_released_adapter_brings_its_own_settings(tmp_path, targets):
    """`proj` by suffix adapts the patch embedding's convolution, too."""
    adapted = plain_peft(tmp_path, targets)
    (tmp_path / "classifier.pt").write_bytes(b"nobody opens this")
    model = QwenVL(adapter=str(tmp_path), seed=3).eval()
    facts = model.describe()
    assert "DoRA, scheme its own, rank 3, alpha 12" in facts["adapter"]
    assert ("model.visual.patch_embed.proj" in facts["adapted modules"]) == ("proj" in targets)
    batch = photo_batch(model, tmp_path)
    with torch.no_grad():
        found = model.encode(batch)
        plain = QwenVL(seed=3).eval()
        assert not torch.allclose(plain.encode(batch), found, atol=1e-3)
        plain.model = adapted.get_base_model().eval()
        torch.testing.assert_close(plain.encode(batch), found, rtol=1e-4, atol=1e-5)


def test_what_is_trained_on_from_a_released_adapter_comes_back(tmp_path):
    plain_peft(tmp_path / "released", ["q_proj", "v_proj"], dora=False)
    model, other = (QwenVL(adapter=str(tmp_path / "released")) for _ in range(2))
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.mul_(1.5)
    model.save(tmp_path / "on")
    other.load(tmp_path / "on")
    for (name, a), b in zip(model.named_parameters(), other.parameters(), strict=True):
        assert torch.equal(a, b), name


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"use_rslora": True}, "use_rslora=True is not supported"),
        ({"alpha_pattern": {"q_proj": 3}}, "alpha_pattern=.* is not supported"),
        ({"peft_type": "IA3"}, "peft_type='IA3' is not supported"),
        ({"r": 0}, "damaged adapter settings: .*r=0"),
        ({"r": 5}, r"q_proj.lora_A.weight is \[3, 128\] instead of \[5, 128\]; the base 'x/y'"),
    ],
)
def test_adapters_that_cannot_be_used(tmp_path, change, message):
    plain_peft(tmp_path, ["q_proj"])
    path = tmp_path / "adapter_config.json"
    settings = json.loads(path.read_text()) | {"base_model_name_or_path": "x/y"} | change
    path.write_text(json.dumps(settings))
    with pytest.raises(DataError, match=message) as caught:
        QwenVL(adapter=str(tmp_path))
    assert "\n" not in str(caught.value)


def test_an_adapter_of_another_base(tmp_path):
    plain_peft(tmp_path, ["q_proj"])
    path = tmp_path / "adapter_model.safetensors"
    state = {name.replace("layers.1.", "layers.9."): t for name, t in load_file(path).items()}
    save_file(state, path)
    with pytest.raises(DataError, match=r"no module model\.language_model\.layers\.9\..*the base"):
        QwenVL(adapter=str(tmp_path))
    with pytest.raises(DataError, match=r"settings not found: .*adapter_config\.json"):
        QwenVL(adapter=str(tmp_path / "gone"))
    with pytest.raises(ConfigError, match="exclude each other"):
        QwenVL(adapter=str(tmp_path), lora=LORA)
