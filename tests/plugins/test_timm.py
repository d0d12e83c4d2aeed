"""TimmImage: any timm model as a student of images, with weights from a file, of any size."""

import pytest
import timm
import torch
from PIL import Image
from safetensors.torch import save_file

from reidbench_registry import ConfigError, DataError, Record
from reidbench_timm.timm_image import TimmImage


@pytest.fixture
def records(tmp_path):
    path = tmp_path / "photo.png"
    Image.radial_gradient("L").resize((20, 40)).convert("RGB").save(path)
    return [Record(f"i{m}", "d", "train", m, "p", path=path) for m in ("rgb", "ir", "rgb")]


@pytest.mark.parametrize("model", ["test_vit", "test_convnext", "test_efficientnet", "resnet10t"])
def test_models_with_and_without_position_embeddings(records, model):
    torch.manual_seed(0)
    student = TimmImage(model, image_size=[64, 32], embed_dim=7).eval()
    items = [student.preprocess(r) for r in records]
    assert items[0].pixels.shape == (3, 64, 32)
    found = student.encode(student.collate(items))
    assert found.shape == (3, 7)
    # Each modality has its own projection; the rows keep their order.
    features = student.model(torch.stack([i.pixels for i in items]))
    for row, record in enumerate(records):
        expected = student.projections[record.modality](features[row])
        torch.testing.assert_close(found[row], expected, atol=1e-5, rtol=1e-5)


def test_weights_of_a_file_are_taken_and_positions_resized(tmp_path):
    square = timm.create_model("test_vit", num_classes=5)
    save_file(square.state_dict(), tmp_path / "square.safetensors")
    student = TimmImage("test_vit", pretrained=tmp_path / "square.safetensors", image_size=[96, 32])
    state, mine = square.state_dict(), student.model.state_dict()
    assert torch.equal(mine["blocks.0.attn.qkv.weight"], state["blocks.0.attn.qkv.weight"])
    assert mine["pos_embed"].shape != state["pos_embed"].shape
    # Pretrained features are shared by the modalities at the start.
    first, *others = student.projections.values()
    assert all(torch.equal(first.weight, other.weight) for other in others)


def test_a_student_survives_a_round_trip(tmp_path, records):
    torch.manual_seed(0)
    student = TimmImage("test_vit", image_size=[64, 32], projection="shared").eval()
    student.save(tmp_path / "s")
    other = TimmImage("test_vit", image_size=[64, 32], projection="shared").eval()
    other.load(tmp_path / "s")
    batch = student.collate([student.preprocess(r) for r in records])
    assert torch.equal(student.encode(batch), other.encode(batch))
    tower = other.tower("ir")
    assert torch.equal(tower(batch["images"]), other.encode(batch))


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"model": "resnet5O"}, ConfigError, r"timm has no model 'resnet5O'; did you mean 'resnet"),
        ({"model": "resnet50.nope"}, ConfigError, r"timm has no model 'resnet50\.nope'"),
        ({"pretrained": "none.safetensors"}, DataError, "pretrained file not found: none"),
        ({"modalities": ["rgb", "text"]}, ConfigError, "it embeds images, no text"),
        ({"image_size": [64]}, ConfigError, "image_size"),
        ({"projection": "both"}, ConfigError, "projection"),
    ],
)
def test_mistakes(arguments, error, message):
    with pytest.raises(error, match=message) as found:
        TimmImage(**{"model": "test_vit", **arguments})
    assert "\n" not in str(found.value)


def test_a_damaged_or_foreign_file_is_one_line(tmp_path):
    path = tmp_path / "weights.safetensors"
    path.write_bytes(b"noise")
    with pytest.raises(
        DataError, match=r"TimmImage: .*weights\.safetensors does not fit test_vit: "
    ) as damaged:
        TimmImage("test_vit", pretrained=path)
    save_file(timm.create_model("test_convnext").state_dict(), path)
    with pytest.raises(
        DataError, match=r"TimmImage: .*weights\.safetensors does not fit test_vit: "
    ) as foreign:
        TimmImage("test_vit", pretrained=path)
    assert "\n" not in f"{damaged.value}{foreign.value}"
