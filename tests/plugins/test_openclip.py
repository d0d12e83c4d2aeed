"""OpenCLIP: shapes and order, exactness of the short text batches, weights in and out, errors."""

import json

import open_clip
import pytest
import torch
from PIL import Image
from tokenizers import Tokenizer

from reidbench.tools.text import clean_caption
from reidbench_clip import make_embedded
from reidbench_clip.architecture import EMBEDDED
from reidbench_clip.openclip import OpenCLIP
from reidbench_clip.portable import write_tokenizer
from reidbench_clip.tokens import EmbeddedTokenizer, Tokens
from reidbench_registry import MODALITIES, ConfigError, DataError, Deployable, Record

CAPTIONS = ("A tall woman in a red coat.", "man", "A boy with a blue backpack & white sneakers!")


@pytest.fixture(scope="module")
def photo(tmp_path_factory):
    path = tmp_path_factory.mktemp("photos") / "a.png"
    Image.effect_noise((50, 110), 90).convert("RGB").save(path)
    return path


@pytest.fixture(scope="module")
def student():
    return OpenCLIP(embed_dim=24).eval()


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    """A named architecture with CLIP's own vocabulary, small enough for a test."""
    config = {
        "embed_dim": 16,
        "vision_cfg": {"image_size": 32, "layers": 1, "width": 64, "patch_size": 8},
        "text_cfg": {
            "context_length": 77,
            "vocab_size": 49408,
            "width": 8,
            "heads": 1,
            "layers": 1,
        },
    }
    monkeypatch.setattr(open_clip.factory, "_MODEL_CONFIGS", {"ViT-tiny-8": config})
    return config


def image(photo, modality="rgb"):
    return Record(f"{modality}-item", "d", "train", modality, "p", path=photo)


def text(caption):
    return Record("text-item", "d", "train", "text", "p", text=caption)


def embed(model, records):
    with torch.no_grad():
        return model.encode(model.collate([model.preprocess(r) for r in records]))


def test_rows_come_in_the_order_of_the_items(student, photo):
    records = [text(CAPTIONS[0]), image(photo, "ir"), image(photo), text(CAPTIONS[2])]
    records += [image(photo, "sketch"), text(CAPTIONS[1]), image(photo, "ir")]
    together = embed(student, records)
    alone = torch.cat([embed(student, [r]) for r in records])
    assert together.shape == (7, 24)
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-5)
    # One tower, but a projection for each modality: the same pixels are embedded apart.
    assert not torch.allclose(together[1], together[2], atol=1e-3)


def test_a_shared_projection_embeds_the_same_pixels_alike(photo):
    model = OpenCLIP(projection="shared").eval()
    assert model.embed_dim == 96
    ir, rgb = embed(model, [image(photo, "ir"), image(photo)])
    torch.testing.assert_close(ir, rgb)


def test_short_text_batches_are_exact(student):
    """The same as open_clip's encode_text over the whole context."""
    items = [student.preprocess(text(c)) for c in CAPTIONS]
    padded = torch.zeros(3, 77, dtype=torch.long)
    for row, item in zip(padded, items, strict=True):
        row[: len(item.data)] = item.data
    with torch.no_grad():
        expected = student.projections["text"](student.clip.encode_text(padded))
    torch.testing.assert_close(embed(student, map(text, CAPTIONS)), expected)


def test_captions_are_cleaned_cut_and_always_ended(student):
    model = OpenCLIP(max_text_tokens=6)
    long = model.preprocess(text("red " * 40)).data
    end = model.clip.vocab_size - 1
    assert len(long) == 6 and long.argmax() == 5 and long[-1] == end
    same = [student.preprocess(text(c)).data for c in ("Red  coat", " red\tcoat ")]
    assert torch.equal(*same)
    # Words that the vocabulary has never seen are spelt out, never dropped.
    assert len(student.preprocess(text("éçœ 猫 xyzzy")).data) > 5


def test_every_parameter_is_trained(photo):
    model = OpenCLIP()
    records = [image(photo, m) for m in ("rgb", "ir", "sketch")] + [text(CAPTIONS[0])]
    batch = model.collate([model.preprocess(r) for r in records])
    model.encode(batch).square().sum().backward()
    for name, parameter in model.named_parameters():
        assert not parameter.requires_grad or parameter.grad is not None, name
    assert 300_000 < sum(p.numel() for p in model.clip.parameters()) < 500_000


def seeded(number):
    torch.manual_seed(number)
    return OpenCLIP()


def test_torch_seed_decides_the_weights():
    a, b, c = (seeded(n) for n in (1, 1, 2))
    assert torch.equal(a.clip.visual.proj, b.clip.visual.proj)
    assert torch.equal(a.projections["ir"].weight, b.projections["ir"].weight)
    assert not torch.equal(a.clip.visual.proj, c.clip.visual.proj)


def test_transforms_see_the_image_and_the_raw_caption(student, photo):
    plain = student.preprocess(image(photo)).data
    flipped = student.preprocess(
        image(photo), lambda i: i.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    ).data
    torch.testing.assert_close(plain.flip(2), flipped, atol=0.05, rtol=0)
    assert torch.equal(
        student.preprocess(text("x"), lambda raw: raw + " coat").data,
        student.preprocess(text("x coat")).data,
    )


def test_save_and_load(student, photo, tmp_path):
    student.save(tmp_path)
    records = [image(photo), text(CAPTIONS[0])]
    again = OpenCLIP(embed_dim=24).eval()
    again.load(tmp_path)
    assert torch.equal(embed(again, records), embed(student, records))
    # The same file warm-starts a new student.
    warm = OpenCLIP(embed_dim=24, pretrained=str(tmp_path / "model.safetensors")).eval()
    assert torch.equal(embed(warm, records), embed(student, records))
    with pytest.raises(DataError, match="does not fit the model"):
        OpenCLIP(embed_dim=8).load(tmp_path)
    with pytest.raises(DataError, match="does not fit the model"):
        OpenCLIP(embed_dim=8, pretrained=str(tmp_path / "model.safetensors"))
    with pytest.raises(DataError, match="not found"):
        student.load(tmp_path / "nowhere")


def test_a_named_architecture_with_another_image_size(tiny, photo, tmp_path):
    donor = open_clip.CLIP(**tiny)
    path = tmp_path / "donor.pt"
    state = {f"module.{name}": value for name, value in donor.state_dict().items()}
    torch.save({"epoch": 3, "state_dict": state}, path)
    model = OpenCLIP("ViT-tiny-8", pretrained=str(path), image_size=[64, 32]).eval()
    assert model.clip.visual.positional_embedding.shape == (1 + 8 * 4, 64)
    assert torch.equal(model.clip.visual.conv1.weight, donor.visual.conv1.weight)
    # Halving the rows back gives about the donor's grid: the aspect is not mixed up.
    grid = model.clip.visual.positional_embedding[1:].reshape(8, 4, -1)
    coarse = grid.reshape(4, 2, 4, -1).mean(1).reshape(16, -1)
    wanted = donor.visual.positional_embedding[1:]
    assert torch.nn.functional.cosine_similarity(coarse, wanted).min() > 0.8
    assert embed(model, [image(photo), text(CAPTIONS[0])]).shape == (2, 16)
    # CLIP's own vocabulary
    ids = open_clip.SimpleTokenizer()(CAPTIONS[2])[0]
    assert torch.equal(model.preprocess(text(CAPTIONS[2])).data, ids[ids > 0])


def test_weights_that_cannot_be_used(tiny, tmp_path):
    class Code:
        def __reduce__(self):
            return print, ("executed",)

    def build(path):
        return OpenCLIP("ViT-tiny-8", pretrained=str(path))

    pickled, noise, empty = (tmp_path / name for name in ("p.pt", "n.safetensors", "e.pt"))
    torch.save({"state_dict": Code()}, pickled)
    noise.write_bytes(b"noise")
    torch.save({"state_dict": torch.zeros(3)}, empty)
    with pytest.raises(DataError, match=r"p\.pt: not a plain PyTorch state dict"):
        build(pickled)
    with pytest.raises(DataError, match=r"damaged tensor file: .*n\.safetensors"):
        build(noise)
    with pytest.raises(DataError, match=r"e\.pt: contains no state dict"):
        build(empty)
    with pytest.raises(DataError, match="pretrained file not found: .*nowhere.pt"):
        build(tmp_path / "nowhere.pt")
    other = tmp_path / "other.pt"
    torch.save(open_clip.CLIP(**{**tiny, "embed_dim": 8}).state_dict(), other)
    with pytest.raises(DataError, match=r"other\.pt does not fit the model: .*size mismatch"):
        build(other)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"model": "ViT-L/14"}, "unknown model='ViT-L/14'; did you mean 'ViT-L-14'"),
        ({"model": "Embeded"}, "did you mean 'embedded'"),
        ({"model": "RN50"}, "'RN50' is no ViT or timm model"),
        ({"model": 3}, "model=3 is not a string"),
        ({"model": "ViT-L-14", "pretrained": "opena"}, "no tag; did you mean 'openai'"),
        ({"pretrained": "openai"}, "tags of embedded: embedded"),
        ({"image_size": [64, 30]}, r"image_size=\[64, 30\] .* multiples of 8"),
        ({"image_size": 64}, "image_size=64"),
        ({"projection": "none"}, "projection='none'"),
        ({"embed_dim": 0}, "embed_dim=0"),
        ({"max_text_tokens": 78}, "max_text_tokens=78"),
        ({"modalities": ["rgb", "irr"]}, "unknown modality 'irr'; did you mean 'ir'"),
        ({"modalities": ["rgb", "rgb"]}, "twice"),
    ],
)
def test_wrong_arguments(arguments, message):
    with pytest.raises(ConfigError, match=message) as caught:
        OpenCLIP(**arguments)
    assert "\n" not in str(caught.value)


def test_a_download_that_fails(monkeypatch):
    def offline(tag):
        raise OSError("no route\nto host")

    monkeypatch.setattr(open_clip, "download_pretrained", offline)
    with pytest.raises(DataError, match=r"'openai' cannot be downloaded \(no route\)"):
        OpenCLIP("ViT-B-32", pretrained="openai")


def test_records_that_cannot_be_embedded(student, photo, tmp_path):
    for caption in ("", "  \n", None):
        with pytest.raises(DataError, match="text-item: the caption is empty"):
            student.preprocess(text(caption))
    with pytest.raises(DataError, match=r"image not found: .*gone\.png"):
        student.preprocess(image(tmp_path / "gone.png"))
    with pytest.raises(DataError, match="rgb-item: the record has no image file"):
        student.preprocess(image(None))
    with pytest.raises(DataError, match="thermal-item: the model does not embed 'thermal'"):
        student.preprocess(image(photo, "thermal"))
    assert "thermal" in OpenCLIP(modalities=list(MODALITIES)).modalities


def test_the_embedded_files_are_those_of_the_script(tmp_path):
    make_embedded.main(tmp_path)
    for name in ("config.json", "tokenizer.json"):
        made, shipped = tmp_path / name, EMBEDDED / name
        assert json.loads(made.read_text()) == json.loads(shipped.read_text())


def test_towers_give_what_encode_gives_and_share_the_weights(student, photo):
    assert isinstance(student, Deployable)
    assert student.image_input().size == (64, 32) and student.image_input().mean == student._mean
    images = student.preprocess(image(photo, "ir")).data[None]
    tower = student.tower("ir")
    with torch.no_grad():
        torch.testing.assert_close(tower(images), embed(student, [image(photo, "ir")]))
    own = set(map(id, student.parameters()))
    assert {id(p) for p in tower.parameters()} <= own
    with pytest.raises(ConfigError, match="no tower for 'thermal'"):
        student.tower("thermal")
    without_text = OpenCLIP(modalities=["rgb"])
    assert without_text.text_input() is None and OpenCLIP(modalities=["text"]).image_input() is None
    with pytest.raises(ConfigError, match="no tokenizer"):
        without_text.save_tokenizer(photo.parent)


@pytest.mark.parametrize("limit", [77, 9])
@pytest.mark.parametrize("name", ["embedded", "open_clip"])
def test_a_saved_tokenizer_gives_the_same_ids(name, limit, tmp_path):
    embedded = name == "embedded"
    own = (
        EmbeddedTokenizer(EMBEDDED / "tokenizer.json")
        if embedded
        else open_clip.get_tokenizer("ViT-B-32")
    )
    write_tokenizer(own, limit, tmp_path)
    saved = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    tokens = Tokens(own, limit)
    hard = (
        "It's  3 stripes!!",
        "“curly” — \u2018quotes\u2019…",
        "ﬁne Ⅳ ①\ta\u00a0b\x1fc\u200bd",
        "猫 éçœ 😀",
    )
    captions = [*CAPTIONS, *hard, "red " * 100, *make_embedded.captions(1, 50)]
    for caption in captions:
        assert saved.encode(caption).ids == tokens(clean_caption(caption)).tolist(), caption
    rows = [row.ids for row in saved.encode_batch(list(CAPTIONS))]
    assert rows == Tokens.pad([tokens(clean_caption(c)) for c in CAPTIONS]).tolist()


def test_a_timm_image_tower_beside_the_text_tower_of_clip(photo):
    """One student of any image model: text from the foundation, images from timm."""
    torch.manual_seed(0)
    model = OpenCLIP(pretrained="embedded", image_tower="test_convnext", embed_dim=16).eval()
    whole = OpenCLIP(pretrained="embedded", embed_dim=16).eval()
    assert torch.equal(model.clip.token_embedding.weight, whole.clip.token_embedding.weight)
    rows = embed(model, [image(photo), text(CAPTIONS[0]), image(photo, "ir")])
    assert rows.shape == (3, 16)
    with pytest.raises(ConfigError, match=r"timm has no model 'test_convnex'; did you mean"):
        OpenCLIP(image_tower="test_convnex")
    with pytest.raises(ConfigError, match=r"vit_tiny_patch16_224 takes no 64 x 32: "):
        OpenCLIP(image_tower="vit_tiny_patch16_224")


def test_a_dual_encoder_with_a_text_tower_of_its_own(photo, monkeypatch):
    """As the MobileCLIPs are: the shorter captions of a batch change nothing."""
    small = {
        "embed_dim": 24,
        "vision_cfg": {"image_size": [64, 32], "timm_model_name": "test_convnext", "timm_pool": "",
                       "timm_proj": "linear"},
        "text_cfg": {"context_length": 20, "vocab_size": 49408, "width": 32, "heads": 2,
                     "layers": 1},
        "custom_text": True,
    }  # fmt: skip
    config = open_clip.get_model_config
    monkeypatch.setattr(open_clip, "list_models", lambda: ["Small"])
    monkeypatch.setattr(
        open_clip, "get_model_config", lambda n: small if n == "Small" else config(n)
    )
    model = OpenCLIP(model="Small", max_text_tokens=20).eval()
    one, both = embed(model, [text("a man")]), embed(model, [text("a man"), text(CAPTIONS[0])])
    torch.testing.assert_close(one[0], both[0])
    assert embed(model, [image(photo)]).shape == (1, 24)
    for name, parameter in model.named_parameters():
        assert parameter.requires_grad != name.startswith("clip.logit"), name
