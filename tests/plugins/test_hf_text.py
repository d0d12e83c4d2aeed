"""OpenCLIP with text towers of Hugging Face, from local folders with random weights."""

import contextlib
import json
import shutil
from types import SimpleNamespace

import open_clip
import pytest
import torch
import transformers
from open_clip.tokenizer import HFTokenizer
from PIL import Image
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

from reidbench.cli.main import main
from reidbench.tools.text import clean_caption
from reidbench_clip.openclip import OpenCLIP
from reidbench_registry import ConfigError, DataError, Record
from reidbench_registry.testing.deployment import towers_equal_encode

CAPTIONS = ("A tall woman in a red coat.", "man", "A boy with a blue backpack & white sneakers!")
SPECIAL = ("<pad>", "<s>", "</s>", "<unk>")
SMALL = {
    "bert": {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2,
             "intermediate_size": 32, "max_position_embeddings": 80},
    "xlm-roberta": {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2,
                    "intermediate_size": 32, "max_position_embeddings": 40},
    "mt5": {"d_model": 16, "num_layers": 1, "num_decoder_layers": 1, "num_heads": 2, "d_kv": 8,
            "d_ff": 32},
    "m2m_100": {"d_model": 16, "encoder_layers": 1, "decoder_layers": 1,
                "encoder_attention_heads": 2, "decoder_attention_heads": 2, "encoder_ffn_dim": 32,
                "decoder_ffn_dim": 32, "max_position_embeddings": 80},
}  # fmt: skip
POOLERS = {"bert": "cls_pooler", "xlm-roberta": "mean_pooler", "mt5": "mean_pooler",
           "m2m_100": "cls_last_hidden_state_pooler"}  # fmt: skip


def make(folder, kind="xlm-roberta", **text):
    """A folder as open_clip's `local-dir`, its text tower in `text/`."""
    bpe = Tokenizer(models.BPE(unk_token="<unk>"))
    bpe.normalizer = normalizers.Lowercase()
    bpe.pre_tokenizer = pre_tokenizers.Whitespace()
    trainer = trainers.BpeTrainer(
        vocab_size=120, special_tokens=list(SPECIAL), show_progress=False,
        initial_alphabet=list("abcdefghijklmnopqrstuvwxyz")
    )  # fmt: skip
    bpe.train_from_iterator(CAPTIONS, trainer)
    bpe.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 1), ("</s>", 2)]
    )
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=bpe, pad_token="<pad>", bos_token="<s>", eos_token="</s>",
        unk_token="<unk>"
    ).save_pretrained(folder / "text")  # fmt: skip
    config = transformers.AutoConfig.for_model(
        kind, vocab_size=len(bpe.get_vocab()), pad_token_id=0, **SMALL[kind]
    )
    torch.manual_seed(7)
    transformers.AutoModel.from_config(config).half().save_pretrained(folder / "text")
    cfg = {
        "embed_dim": 12,
        "vision_cfg": {"image_size": [32, 16], "layers": 1, "width": 64, "patch_size": 8},
        "text_cfg": {"hf_model_name": "text", "hf_pooler_type": POOLERS[kind],
                     "context_length": 30, **text},
    }  # fmt: skip
    whole = {"model_cfg": cfg, "preprocess_cfg": {"mean": [0.5] * 3, "std": [0.25] * 3}}
    (folder / "open_clip_config.json").write_text(json.dumps(whole))
    return folder


@pytest.fixture(scope="module", params=list(SMALL))
def each(request, tmp_path_factory):
    return make(tmp_path_factory.mktemp(request.param), request.param)


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    return make(tmp_path_factory.mktemp("one"))


def text(caption):
    return Record("t", "d", "train", "text", "p", text=caption)


def build(folder, **arguments):
    return OpenCLIP(folder, **{"max_text_tokens": 30, **arguments}).eval()


def embed(model, records):
    with torch.no_grad():
        return model.encode(model.collate([model.preprocess(r) for r in records]))


def test_rows_are_those_of_open_clip_whatever_the_padding(each, tmp_path):
    """Ids, pooling and projection: open_clip's own tokenizer and tower over the whole context."""
    model = build(each, embed_dim=5)
    ids = HFTokenizer(str(each / "text"), context_length=30)(list(CAPTIONS))
    with torch.no_grad():
        expected = model.projections["text"](model.clip.encode_text(ids))
    found = embed(model, map(text, CAPTIONS))
    assert found.shape == (3, 5)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)
    alone = torch.cat([embed(model, [text(c)]) for c in CAPTIONS])
    torch.testing.assert_close(found, alone, atol=1e-5, rtol=1e-5)
    towers_equal_encode(SimpleNamespace(build=lambda: model, folder=tmp_path))


def test_the_tower_has_its_own_weights_in_fp32(each):
    model = build(each)
    own = transformers.AutoModel.from_pretrained(each / "text", dtype=torch.float32)
    own = (own.encoder if own.config.is_encoder_decoder else own).state_dict()
    state = model.clip.text.transformer.state_dict()
    assert all(torch.equal(own[name], value) for name, value in state.items())
    assert {v.dtype for v in state.values() if v.is_floating_point()} == {torch.float32}
    assert model.image_input().mean == (0.5, 0.5, 0.5)
    # Every parameter is trained.
    model.train()
    items = [text(CAPTIONS[0]), text(CAPTIONS[1])]
    model.encode(model.collate([model.preprocess(r) for r in items])).square().sum().backward()
    towers = (model.clip.text, model.projections["text"])
    for name, parameter in (p for t in towers for p in t.named_parameters()):
        assert parameter.grad is not None, name


def test_save_and_load_and_a_clip_of_a_file(one, tmp_path):
    photo = tmp_path / "a.png"
    Image.effect_noise((20, 40), 90).convert("RGB").save(photo)
    records = [text(CAPTIONS[0]), Record("i", "d", "train", "ir", "p", path=photo)]
    torch.manual_seed(0)
    model = build(one)
    model.save(tmp_path)
    again = build(one)
    again.load(tmp_path)
    assert torch.equal(embed(again, records), embed(model, records))
    warm = build(one, pretrained=tmp_path / "model.safetensors")
    assert torch.equal(embed(warm, records), embed(model, records))
    # A checkpoint as open_clip's of these towers: it replaces the tower's own weights.
    state = {n: v + 1 for n, v in model.clip.state_dict().items()}
    state["text.transformer.embeddings.position_ids"] = torch.arange(40)[None]
    torch.save({"state_dict": {f"module.{n}": v for n, v in state.items()}}, tmp_path / "clip.pt")
    other = build(one, pretrained=tmp_path / "clip.pt").clip.state_dict()
    assert all(torch.equal(value, state[name]) for name, value in other.items())


def test_a_saved_tokenizer_gives_the_same_ids(one, tmp_path):
    for limit in (30, 6):
        model = build(one, max_text_tokens=limit)
        model.save_tokenizer(tmp_path)
        saved = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
        for caption in (*CAPTIONS, " Red \t coat", "red " * 40, "猫 ①"):
            ids = model.preprocess(text(caption)).data
            assert saved.encode(caption).ids == ids.tolist() and len(ids) <= limit
            direct = HFTokenizer(str(one / "text"))(clean_caption(caption), limit)[0]
            assert torch.equal(direct[: len(ids)], ids) and not direct[len(ids) :].any()


def test_a_model_by_name_takes_the_cache_or_says_what_is_missing(one, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(DataError, match="text tower 'xlm-roberta-base': its config") as caught:
        OpenCLIP("xlm-roberta-base-ViT-B-32")
    assert "\n" not in str(caught.value)
    config = json.loads((one / "open_clip_config.json").read_text())["model_cfg"]
    config["text_cfg"]["hf_model_name"] = str(one / "text")
    monkeypatch.setattr(open_clip.factory, "_MODEL_CONFIGS", {"Tiny": config})
    named = OpenCLIP("Tiny", max_text_tokens=30).eval()
    local = build(one)
    local.load_state_dict(named.state_dict())
    assert torch.equal(embed(named, [text("a man")]), embed(local, [text("a man")]))


def test_own_weights_can_be_left_out(tmp_path):
    folder = make(tmp_path, hf_model_pretrained=False)
    (folder / "text" / "model.safetensors").unlink()
    torch.manual_seed(1)
    first = build(folder).state_dict()
    torch.manual_seed(1)
    second = build(folder).state_dict()
    assert all(torch.equal(first[name], second[name]) for name in first)


def rewrite(path, **values):
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


@pytest.mark.parametrize(
    ("damage", "error", "message"),
    [
        (lambda f: (f / "open_clip_config.json").unlink(), DataError, "there is no such file: .*"),
        (lambda f: (f / "open_clip_config.json").write_text("[]"), DataError, "needs embed_dim"),
        (lambda f: shutil.rmtree(f / "text"), DataError, "text tower 'text': its config cannot"),
        (lambda f: (f / "text/model.safetensors").unlink(), DataError, "its weights cannot"),
        (lambda f: (f / "text/model.safetensors").write_bytes(b"0"), DataError, "its weights"),
        (lambda f: (f / "text/config.json").write_text("{"), DataError, "its config cannot"),
        (lambda f: rewrite(f / "text/config.json", vocab_size=9), DataError, "has .* tokens"),
        (lambda f: rewrite(f / "text/config.json", pad_token_id=3), DataError, "pads with 0"),
        (lambda f: rewrite(f / "text/config.json", model_type="gpt2"), ConfigError, "is a gpt2"),
        (lambda f: rewrite(f / "text/config.json", num_hidden_layers=2), DataError, "missing, su"),
    ],
)  # fmt: skip
def test_files_that_are_missing_or_do_not_fit_are_one_line(one, tmp_path, damage, error, message):
    folder = shutil.copytree(one, tmp_path / "copy")
    damage(folder)
    with pytest.raises(error, match=message) as caught:
        build(folder)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("change", ["none", "model", "tokenizer"])
def test_code_in_the_folder_is_not_run(one, tmp_path, change, monkeypatch):
    monkeypatch.setattr("builtins.input", lambda *_: pytest.fail("somebody was asked"))
    folder = shutil.copytree(one, tmp_path / "copy")
    code = (
        "from pathlib import Path\nPath({!r}).write_text('ran')\nMine = Tokenizer = Model = object"
    )
    (folder / "text" / "mine.py").write_text(code.format(str(tmp_path / "ran")))
    auto = {"AutoConfig": "mine.Mine", "AutoModel": "mine.Model",
            "AutoTokenizer": ["mine.Tokenizer", "mine.Tokenizer"]}  # fmt: skip
    for name in ("config.json", "tokenizer_config.json"):
        rewrite(folder / "text" / name, auto_map=auto)
    if change == "model":
        rewrite(folder / "text" / "config.json", model_type="mine")
    if change == "tokenizer":
        rewrite(folder / "text" / "tokenizer_config.json", tokenizer_class="Tokenizer")
    config = json.loads((folder / "open_clip_config.json").read_text())["model_cfg"]
    config["text_cfg"]["tokenizer_kwargs"] = {"trust_remote_code": True}
    rewrite(folder / "open_clip_config.json", model_cfg=config)
    with contextlib.suppress(DataError):
        build(folder)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"hf_pooler_type": "last"}, "hf_pooler_type='last' is none of"),
        ({"hf_proj_type": None}, "does not map 16 dimensions to 12"),
        ({"context_length": 20}, "max_text_tokens=30 is not an integer from 3 to 20"),
        ({"tokenizer_mode": "clips"}, "tokenizer_mode and output_tokens are not supported"),
        ({"colour": 1}, "unusable model config: .*colour"),
    ],
)
def test_settings_that_open_clip_does_not_build(tmp_path, values, message):
    with pytest.raises(ConfigError, match=message):
        build(make(tmp_path, **values))


CONFIG = """
data = dict(type="SyntheticPedestrians", train=6, val=2, test=4, instances=2)
student = dict(
    backbone=dict(type="OpenCLIP", model={folder!r}, max_text_tokens=30),
    train=dict(steps=2, losses=[dict(type="SDM")], sampler=dict(type="PKModality", p=3, k=2)),
)
evaluation = dict(protocol="qrcm/distill", modes=["edge"])
run = dict(name="r", device="cpu", threads=1)
"""


def test_a_run_trains_and_scores_it(one, tmp_path, capsys):
    path = tmp_path / "config.py"
    path.write_text(CONFIG.format(folder=str(one)))
    assert main(["run", str(path), "--work-dir", str(tmp_path)]) == 0, capsys.readouterr().err
    result = json.loads((tmp_path / "r" / "result.json").read_text())
    assert {s["identity"]["task"]["name"] for s in result["scores"]} >= {"text2rgb"}
    trained = build(one, embed_dim=None)
    trained.load(tmp_path / "r" / "distill" / "backbone")
    own = transformers.AutoModel.from_pretrained(one / "text", dtype=torch.float32).state_dict()
    name = "encoder.layer.0.attention.self.value.weight"
    assert not torch.equal(trained.clip.text.transformer.state_dict()[name], own[name])
