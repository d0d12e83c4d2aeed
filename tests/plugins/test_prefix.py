"""The constant beginning of prompts, run once: the same embeddings as by the full forward."""

import pytest
import torch

from reidbench_mllm.prefix import Prefix, common_beginning
from reidbench_mllm.qwenvl import QwenVL
from reidbench_registry import Record
from reidbench_registry.testing import draw

CAPTIONS = ("A tall woman in a red coat.", "man", "A boy with a blue backpack & white sneakers!")
# The constant part before the item, so that there is something to save.
PROMPTS = {
    "text": "text age gender clothing biometrics {caption}",
    "rgb": "photo age gender clothing {image} biometrics",
    "sketch": "photo age gender clothing {image} sketch biometrics",
}


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photos")
    return [draw(folder / f"{i}.png", i, 64, 32) for i in range(3)]


def records(photos):
    images = [
        Record(f"{m}{i}", "d", "test", m, "p", path=path)
        for i, path in enumerate(photos)
        for m in ("rgb", "sketch", "ir")
    ]
    return [*images, *(Record(c, "d", "test", "text", "p", text=c) for c in CAPTIONS)]


def batch_of(model, found):
    return model.collate([model.preprocess(r) for r in found])


def embed(model, batch, prefix=True):
    """With the prefix, or by the full forward, which training uses."""
    with torch.inference_mode() if prefix else torch.enable_grad():
        return model.encode(batch).detach().clone()


@pytest.fixture(params=["plain", "adapter"])
def model(request):
    lora = (
        {"scheme": "attention", "r": 4, "init": "gaussian"} if request.param == "adapter" else None
    )
    found = QwenVL(lora=lora, seed=0, prompts=PROMPTS).eval()
    if lora:
        with torch.no_grad():
            for name, parameter in found.named_parameters():
                if "lora_B" in name:
                    parameter.normal_(0, 0.1)
    return found


def used(model, batch, monkeypatch):
    """How many tokens of each kind the language model runs."""
    seen = []
    language_model = model._base().model.language_model
    forward = language_model.forward

    def spy(*words, **given):
        seen.append(given["inputs_embeds"].shape[1])
        return forward(*words, **given)

    monkeypatch.setattr(language_model, "forward", spy)
    embed(model, batch)
    return seen


def test_equal_to_the_full_forward(model, photos):
    found = records(photos)
    for chosen in (found, found[:1], found[-1:], found[-3:], found[::2]):
        batch = batch_of(model, chosen)
        full = embed(model, batch, prefix=False)
        assert (embed(model, batch) - full).abs().max() <= 1e-4
        assert (embed(model, batch) - full).abs().max() <= 1e-4, "the second time, too"


def test_it_saves_the_tokens_that_it_says(model, photos, monkeypatch):
    batch = batch_of(model, records(photos))
    prefix = {kind: len(p.tokens) for kind, p in model._prefixes.items()}
    assert prefix["text"] > prefix["image"] > 5
    full = [batch[kind]["tokens"].shape[1] for kind in ("image", "text")]
    embed(model, batch)  # runs the beginnings
    assert used(model, batch, monkeypatch) == [full[0] - prefix["image"], full[1] - prefix["text"]]


def test_left_padding_goes_the_full_way(model, photos):
    batch = batch_of(model, records(photos)[-3:])
    part = batch["text"]
    lengths = part["mask"].sum(1).tolist()
    width = part["mask"].shape[1]
    turned = {
        name: torch.stack([row.roll(width - n) for row, n in zip(rows, lengths, strict=True)])
        for name, rows in part.items()
    }
    left = embed(model, batch | {"text": turned})
    assert (left - embed(model, batch, prefix=False)).abs().max() <= 1e-4


def test_changed_weights_are_never_answered_from_the_old(model, photos, tmp_path):
    batch = batch_of(model, records(photos))
    before = embed(model, batch)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(1.05)
    after = embed(model, batch)
    assert (after - embed(model, batch, prefix=False)).abs().max() <= 1e-4
    assert (after - before).abs().max() > 1e-3
    moved = model.double()
    assert (embed(moved, batch) - embed(moved, batch, prefix=False)).abs().max() <= 1e-4


def test_in_bfloat16_it_points_the_same_way(photos):
    model = QwenVL(seed=0, prompts=PROMPTS, dtype="bfloat16").eval()
    batch = batch_of(model, records(photos))
    a, b = embed(model, batch).float(), embed(model, batch, prefix=False).float()
    assert torch.cosine_similarity(a, b).min() >= 0.999


def test_the_beginning_that_rows_share():
    rows = [torch.tensor(r) for r in ([1, 2, 3, 4], [1, 2, 9], [1, 2, 3])]
    assert common_beginning(rows).tolist() == [1, 2]
    assert common_beginning(rows[:1]).tolist() == [1, 2, 3, 4]
    assert common_beginning([rows[0], rows[2]]).tolist() == [1, 2, 3]
    prefix, ones = Prefix(torch.tensor([1, 2])), torch.ones(1, 3)
    assert prefix.begins(torch.tensor([[1, 2, 5]]), ones)
    assert not prefix.begins(torch.tensor([[1, 3, 5]]), ones)
    assert not prefix.begins(torch.tensor([[1, 2]]), ones[:, :2]), "a token must be left to run"
    assert not prefix.begins(torch.tensor([[1, 2, 5]]), torch.tensor([[0, 1, 1]]))
