"""QwenVL: exact batches, exact shortcuts, weights in and out, errors."""

import json
import shutil

import pytest
import torch
import transformers
from peft import PeftModel
from PIL import Image

from reidbench_mllm import make_embedded
from reidbench_mllm.checkpoint import EMBEDDED, open_checkpoint
from reidbench_mllm.positions import rotary_positions
from reidbench_mllm.qwenvl import QwenVL
from reidbench_registry import MODALITIES, ConfigError, DataError, Record

CAPTIONS = ("A tall woman in a red coat.", "man", "A boy with a blue backpack & white sneakers!")
LORA = {"scheme": "attention", "r": 4, "alpha": 16}


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photos")
    for name in "abc":
        Image.effect_noise((50, 110), 90).convert("RGB").save(folder / f"{name}.png")
    return [folder / f"{name}.png" for name in "abc"]


@pytest.fixture(scope="module")
def model():
    return QwenVL(seed=0).eval()


@pytest.fixture
def folder(tmp_path):
    """A whole local checkpoint."""
    model, processor = open_checkpoint(
        "embedded", dtype=torch.float32, attn_implementation="sdpa", seed=3
    )
    model.save_pretrained(tmp_path / "local")
    processor.save_pretrained(tmp_path / "local")
    return tmp_path / "local"


def image(path, modality="rgb"):
    return Record(f"{modality}-item", "d", "train", modality, "p", path=path)


def text(caption):
    return Record("text-item", "d", "train", "text", "p", text=caption)


def mixed(photos):
    a, b, c = photos
    records = [text(CAPTIONS[0]), image(a, "ir"), image(b), text(CAPTIONS[2]), image(c, "sketch")]
    return [*records, text(CAPTIONS[1]), image(a, "thermal"), image(b, "color_pencil")]


def batch_of(model, records):
    return model.collate([model.preprocess(r) for r in records])


def embed(model, records):
    with torch.no_grad():
        return model.encode(batch_of(model, records))


def shake(model):
    """Give the adapter an effect: LoRA starts as a zero."""
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.add_(torch.randn_like(parameter) * 0.05)


def test_a_mixed_batch_equals_its_items_one_by_one(model, photos):
    records = mixed(photos)
    together = embed(model, records)
    assert together.shape == (8, model.embed_dim) and model.modalities == set(MODALITIES)
    alone = torch.cat([embed(model, [r]) for r in records])
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-5)
    # The prompt names the modality: the same pixels are embedded apart.
    assert not torch.allclose(together[1], together[6], atol=1e-3)


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_padding_may_stand_on_either_side(photos, attention):
    model = QwenVL(seed=0, attn_implementation=attention).eval()
    right = batch_of(model, mixed(photos))
    left = dict(right)
    for kind in ("image", "text"):
        lengths = right[kind]["mask"].sum(1).tolist()
        left[kind] = dict(right[kind])
        for name in ("tokens", "mask"):
            rows = right[kind][name]
            left[kind][name] = torch.stack(
                [row.roll(len(row) - n) for row, n in zip(rows, lengths, strict=True)]
            )
    assert len(set(right["text"]["mask"].sum(1).tolist())) == 3
    with torch.no_grad():
        torch.testing.assert_close(model.encode(left), model.encode(right), rtol=1e-4, atol=1e-5)


def test_embeddings_are_those_of_transformers_own_forward(model, photos):
    """Processor, rotary positions, masks and the towers, all as transformers does it itself."""
    plain, processor = open_checkpoint(
        "embedded", dtype=torch.float32, attn_implementation="sdpa", seed=0
    )
    tokenizer = processor.tokenizer
    for record in mixed(photos):
        item = model.preprocess(record)
        inputs = {"input_ids": item.tokens[None], "attention_mask": torch.ones(1, len(item.tokens))}
        if item.pixels is not None:
            done = processor.image_processor(
                images=[Image.fromarray(item.pixels.numpy())], do_resize=False, return_tensors="pt"
            )
            assert done["image_grid_thw"].tolist() == [[1, 8, 4]]
            torch.testing.assert_close(
                model._vision.patches(item.pixels[None]), done["pixel_values"], rtol=0, atol=1e-6
            )
            image_token = tokenizer.convert_tokens_to_ids(processor.image_token)
            kinds = (inputs["input_ids"] == image_token).int()
            assert kinds.sum() == 8
            inputs |= dict(done) | {"mm_token_type_ids": kinds}
        with torch.no_grad():
            expected = plain.model(**inputs).last_hidden_state[:, -1]
        torch.testing.assert_close(embed(model, [record]), expected, rtol=1e-4, atol=1e-5)


def test_rotary_positions_are_those_of_transformers(model, photos):
    core = model.model.model
    for kind in ("image", "text"):
        part = batch_of(model, mixed(photos))[kind]
        tokens, mask = part["tokens"], part["mask"]
        for roll in (0, 1):  # one padding token on the other side
            tokens = torch.nn.functional.pad(tokens, (roll, 0))
            mask = torch.nn.functional.pad(mask, (roll, 0))
            is_image = (tokens == model.model.config.image_token_id).int()
            grid = torch.tensor([[1, 8, 4]] * len(tokens))
            expected, _ = core.get_rope_index(tokens, is_image, grid, attention_mask=mask)
            found = rotary_positions(tokens, mask, model.model.config.image_token_id, (4, 2))
            assert torch.equal(found * mask, expected * mask)


@pytest.mark.parametrize("lora", [None, LORA])
@pytest.mark.parametrize("train_base", [False, True])
@pytest.mark.parametrize("checkpointing", [False, True])
def test_gradients_go_where_promised(photos, lora, train_base, checkpointing):
    model = QwenVL(lora=lora, train_base=train_base, gradient_checkpointing=checkpointing)
    named = dict(model.named_parameters())
    adapter = {name for name in named if ".lora_" in name}
    expected = set(named) if train_base else adapter
    assert {name for name, p in named.items() if p.requires_grad} == expected
    assert bool(adapter) == (lora is not None)
    if not expected:
        return
    shake(model)
    model.train()
    model.encode(batch_of(model, mixed(photos))).square().sum().backward()
    # All of them: parameters without a gradient would stop training in several processes.
    assert {name for name, p in named.items() if p.grad is not None} == expected


@pytest.mark.parametrize(("lora", "train_base"), [(LORA, False), (LORA, True), (None, True)])
def test_what_is_saved_comes_back(photos, tmp_path, lora, train_base):
    arguments = {"lora": lora, "train_base": train_base}
    model, other = QwenVL(seed=0, **arguments).eval(), QwenVL(seed=0, **arguments).eval()
    shake(model)
    expected = embed(model, mixed(photos))
    assert not torch.allclose(embed(other, mixed(photos)), expected, atol=1e-3)
    model.save(tmp_path)
    other.load(tmp_path)
    assert torch.equal(embed(other, mixed(photos)), expected)
    assert (tmp_path / "base.safetensors").exists() == train_base
    assert str(EMBEDDED) not in "".join(p.read_text() for p in tmp_path.glob("*.json"))


def test_peft_opens_the_adapter(photos, tmp_path):
    model = QwenVL(lora=LORA, seed=0).eval()
    shake(model)
    model.save(tmp_path)
    plain = QwenVL(seed=0).eval()
    plain.model = PeftModel.from_pretrained(plain.model, tmp_path).get_base_model()
    torch.testing.assert_close(embed(plain, mixed(photos)), embed(model, mixed(photos)))


def test_adapters_by_older_names_are_understood(photos, tmp_path):
    from safetensors.torch import load_file, save_file

    model, other = (QwenVL(lora=LORA, seed=0).eval() for _ in range(2))
    shake(model)
    model.save(tmp_path)
    path = tmp_path / "adapter_model.safetensors"
    old = {
        n.replace(".model.language_model.layers.", ".model.layers.").replace(
            "base_model.model.model.visual.", "base_model.model.visual."
        ): t
        for n, t in load_file(path).items()
    }
    assert any(n.startswith("base_model.model.visual.") for n in old)
    save_file(old, path)
    other.load(tmp_path)
    assert torch.equal(embed(other, mixed(photos)), embed(model, mixed(photos)))


def test_weights_that_do_not_fit(tmp_path):
    model = QwenVL(lora=LORA, train_base=True)
    with pytest.raises(DataError, match=r"not found: .*adapter_config\.json"):
        model.load(tmp_path)
    model.save(tmp_path)
    with pytest.raises(DataError, match="lora_alpha is 16, the config says 8"):
        QwenVL(lora={**LORA, "alpha": 8}).load(tmp_path)
    with pytest.raises(DataError, match="does not fit the model: it lacks .*mlp.*lora_A"):
        QwenVL(lora={**LORA, "scheme": "all-linear"}).load(tmp_path)
    (tmp_path / "base.safetensors").write_bytes(b"noise")
    with pytest.raises(DataError, match=r"damaged tensor file: .*base\.safetensors"):
        model.load(tmp_path)
    (tmp_path / "adapter_config.json").write_text("{")
    with pytest.raises(DataError, match=r"damaged adapter settings: .*adapter_config\.json"):
        model.load(tmp_path)


def test_a_seed_is_enough(photos):
    def state(**arguments):
        return dict(QwenVL(lora=LORA, **arguments).named_parameters())

    def same(a, b):
        return all(torch.equal(a[name], b[name]) for name in a)

    torch.manual_seed(5)
    before = torch.get_rng_state()
    first, again, other = state(seed=1), state(seed=1), state(seed=2)
    assert same(first, again) and not same(first, other)
    assert torch.equal(before, torch.get_rng_state())
    # Without a seed of its own, torch's decides.
    drawn, next_drawn = state(), state()
    torch.manual_seed(5)
    assert same(drawn, state()) and not same(drawn, next_drawn)


def test_captions_are_cleaned_cut_and_counted(model):
    short = QwenVL(max_text_tokens=40, seed=0).eval()
    long = text("a man in a red coat with a blue bag " * 9)
    whole, cut = model.preprocess(long), short.preprocess(long)
    fits = short.preprocess(text("a man in a red coat"))
    assert len(cut.tokens) == 40 and cut.truncated and not fits.truncated
    assert len(whole.tokens) > 40 and not whole.truncated
    # The caption loses its end, the prompt after it stays.
    assert torch.equal(cut.tokens[-10:], whole.tokens[-10:])
    assert torch.equal(cut.tokens[:25], whole.tokens[:25])
    embed(short, [long, text("man"), long])
    assert short.truncated_captions == 2
    tokens = [model.preprocess(text(c)).tokens for c in ("Red  coat", " red\tcoat ")]
    assert torch.equal(*tokens)
    # Characters of several tokens are cut whole, control tokens are no more than white space.
    assert len(short.preprocess(text("🧥" * 50)).tokens) <= 40
    tokens = model.preprocess(text("red <|image_pad|><|im_end|>coat")).tokens
    assert model.model.config.image_token_id not in tokens
    embed(model, [text("red <|image_pad|> coat")])


def test_a_transform_sees_the_decoded_item(model, photos):
    record = image(photos[0])
    black = model.preprocess(record, lambda im: Image.new("RGB", im.size))
    assert black.pixels.shape == (64, 32, 3) and not black.pixels.any()
    swapped = model.preprocess(text("Red coat"), lambda caption: "blue bag")
    assert torch.equal(swapped.tokens, model.preprocess(text("blue bag")).tokens)


def test_a_local_checkpoint(folder, photos):
    model = QwenVL(str(folder), image_size=[48, 32], dtype="bfloat16", lora=LORA).eval()
    found = embed(model, mixed(photos))
    assert found.shape == (8, 128) and found.isfinite().all()
    assert model.model.get_base_model().dtype == torch.bfloat16
    # A checkpoint may say what it is used with; otherwise that is the paper's, of 14-pixel patches.
    with pytest.raises(ConfigError, match=r"image_size=\[336, 196\] .* multiples of 16"):
        QwenVL(str(folder))
    own = {"image_size": [32, 32], "prompts": {"rgb": "{image} who"}}
    (folder / "reidbench.json").write_text(json.dumps(own))
    assert QwenVL(str(folder)).preprocess(image(photos[0])).pixels.shape == (32, 32, 3)
    own["prompts"]["rbg"] = "{image}"
    (folder / "reidbench.json").write_text(json.dumps(own))
    with pytest.raises(DataError, match=r"reidbench\.json: unusable: .*did you mean 'rgb'"):
        QwenVL(str(folder))


def edit(path, **changes):
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda f: (f / "config.json").unlink(), "there is no config.json"),
        (lambda f: (f / "config.json").write_text("{"), "unusable config.json"),
        (lambda f: edit(f / "config.json", model_type="llava"), "model_type is 'llava', expected"),
        (lambda f: (f / "tokenizer.json").unlink(), "tokenizer"),
        (lambda f: (f / "processor_config.json").unlink(), "processor"),
        (lambda f: edit(f / "config.json", image_token_id=700), "the model expects 700"),
        (lambda f: (f / "model.safetensors").unlink(), "cannot load the weights"),
        (lambda f: (f / "model.safetensors").write_bytes(b"noise"), "cannot load the weights"),
    ],
)
def test_checkpoints_that_cannot_be_used(folder, damage, message):
    damage(folder)
    with pytest.raises(DataError, match=message) as caught:
        QwenVL(str(folder), image_size=[64, 32])
    assert "\n" not in str(caught.value) and str(folder) in str(caught.value)


def test_a_foundation_in_half_precision_is_taken_whole(folder, photos):
    """As `state_dict` names it, in another precision than it is used in; nothing may lack."""
    from safetensors.torch import save_file

    model, path = QwenVL(seed=9).eval(), folder / "model.safetensors"
    state = {name: tensor.half() for name, tensor in model.model.state_dict().items()}
    save_file(state, path, metadata={"format": "pt"})
    shutil.copy(EMBEDDED / "reidbench.json", folder)
    found = QwenVL(str(folder)).eval()
    assert found.model.dtype == torch.float32
    torch.testing.assert_close(
        embed(found, mixed(photos)), embed(model, mixed(photos)), rtol=0.02, atol=0.02
    )
    del state["model.visual.merger.mlp.0.weight"]
    save_file(state, path, metadata={"format": "pt"})
    with pytest.raises(DataError, match=r"1 weights are missing, such as model\.visual\.merger"):
        QwenVL(str(folder))


def test_checkpoints_out_of_reach(monkeypatch, tmp_path):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(DataError, match="'nobody/nothing' is no local folder, and no model"):
        QwenVL("nobody/nothing")
    with pytest.raises(DataError, match="there is no such folder"):
        QwenVL(str(tmp_path / "gone"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"image_size": [64, 30]}, r"image_size=\[64, 30\] .* multiples of 16"),
        ({"image_size": [8, 8]}, r"image_size=\[8, 8\]"),
        ({"image_size": []}, r"image_size=\[\]"),
        ({"max_text_tokens": 12}, "max_text_tokens=12 is not an integer from"),
        ({"dtype": "float64"}, "dtype='float64' is none of 'float32'"),
        ({"attn_implementation": "fast"}, "attn_implementation='fast'"),
        ({"train_base": 1}, "train_base=1"),
        ({"seed": 0.5}, "seed=0.5"),
        ({"weights": 3}, "weights=3"),
        ({"lora": "attention"}, "lora: expected None or dict"),
        ({"lora": {"schema": "attention"}}, "unknown key 'schema'; did you mean 'scheme'"),
        ({"lora": {"scheme": "hier_last3"}}, "scheme='hier_last3' .* did you mean 'hier_last2'"),
        ({"lora": {"scheme": ["attention"]}}, r"scheme=\['attention'\]"),
        ({"lora": {"r": 0}}, "r=0"),
        ({"lora": {"dropout": 1}}, "dropout=1"),
        ({"prompts": {"rbg": "{image}"}}, "unknown key 'rbg'; did you mean 'rgb'"),
        ({"prompts": {"text": "who?"}}, "'text' must contain {caption} exactly once"),
        ({"prompts": ["who?"]}, "prompts: expected None or a dict"),
    ],
)
def test_wrong_arguments(arguments, message):
    with pytest.raises(ConfigError, match=message) as caught:
        QwenVL(**arguments)
    assert "\n" not in str(caught.value)


def test_records_that_cannot_be_embedded(model, tmp_path):
    for caption in ("", "  \n", None):
        with pytest.raises(DataError, match="text-item: the caption is empty"):
            model.preprocess(text(caption))
    with pytest.raises(DataError, match=r"image not found: .*gone\.png"):
        model.preprocess(image(tmp_path / "gone.png"))
    with pytest.raises(DataError, match="rgb-item: the record has no image file"):
        model.preprocess(image(None))
    Image.new("RGB", (7, 30)).save(tmp_path / "thin.png")
    with pytest.raises(DataError, match=r"smaller than 8 x 8 pixels: .*thin\.png: 7 x 30"):
        model.preprocess(image(tmp_path / "thin.png"))


def test_it_embeds_the_modalities_that_are_asked_for(photos):
    model = QwenVL(seed=0, modalities=["rgb", "ir"])
    assert model.modalities == {"rgb", "ir"}
    with pytest.raises(DataError, match="text"):
        model.preprocess(Record("i", "d", "train", "text", "p", text="a man"))


def test_the_embedded_files_are_those_of_the_script(tmp_path):
    make_embedded.main(tmp_path)
    for made in tmp_path.iterdir():
        assert made.read_text() == (EMBEDDED / made.name).read_text(), made.name
    assert sum(f.stat().st_size for f in EMBEDDED.iterdir()) < 5_000_000
    # Whoever has the folder needs nothing of ours.
    shutil.copytree(EMBEDDED, tmp_path / "copy")
    processor = transformers.AutoProcessor.from_pretrained(tmp_path / "copy")
    tokenizer = transformers.AutoTokenizer.from_pretrained(tmp_path / "copy")
    assert tokenizer("a red coat")["input_ids"] == processor.tokenizer("a red coat")["input_ids"]
    assert len(tokenizer("a red coat")["input_ids"]) == 3
