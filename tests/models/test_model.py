"""Neck, tap and classifier."""

import pytest
import torch
from torch import nn

from reidbench.models.model import PerModalityNorm, ReIDModel
from reidbench_registry import MODALITY_CODE


class Passing(nn.Module):
    """A backbone whose batch is its embedding."""

    embed_dim = 4
    modalities = frozenset({"rgb", "ir", "text"})

    def encode(self, batch):
        return batch["x"]


def codes(*names):
    return torch.tensor([MODALITY_CODE[name] for name in names])


def test_per_modality_norm_takes_each_modality_by_itself():
    torch.manual_seed(0)
    norm = PerModalityNorm(4, Passing.modalities).train()
    modality = codes("rgb", "ir", "rgb", "ir", "ir", "rgb")
    features = torch.randn(6, 4) + modality[:, None] * 100
    out = norm(features, modality)
    for code in modality.unique():
        rows = modality == code
        alone = features[rows]
        expected = (alone - alone.mean(0)) / (alone.var(0, unbiased=False) + 1e-5).sqrt()
        torch.testing.assert_close(out[rows], expected, atol=1e-4, rtol=1e-4)


def test_a_single_row_of_a_modality_is_passed_by_running_statistics():
    norm = PerModalityNorm(4, Passing.modalities).train()
    before = {k: v.clone() for k, v in norm.state_dict().items()}
    features = torch.randn(3, 4, requires_grad=True)
    out = norm(features, codes("rgb", "rgb", "text"))
    torch.testing.assert_close(out[2], features[2] / (1 + 1e-5) ** 0.5)
    assert torch.equal(
        norm.state_dict()["norms.text.running_mean"], before["norms.text.running_mean"]
    )
    out.sum().backward()
    assert features.grad is not None and features.grad.isfinite().all()


@pytest.mark.parametrize("neck", ["none", "bn", "bn_per_modality"])
@pytest.mark.parametrize("tap", ["before", "after"])
def test_tap_says_which_feature_is_the_embedding(neck, tap):
    torch.manual_seed(0)
    model = ReIDModel(Passing(), neck, tap, classes=3).train()
    batch, modality = {"x": torch.randn(6, 4) + 5}, codes(*["rgb", "ir"] * 3)
    out = model(batch, modality)
    assert out.logits.shape == (6, 3)
    same = torch.equal(out.embedding, batch["x"])
    assert same == (neck == "none" or tap == "before")
    # The classifier always reads the neck's output.
    normed = model.neck.eval()(batch["x"], modality)
    assert model.eval()(batch, modality).logits.equal(model.classifier(normed))


def test_the_bias_of_the_neck_is_frozen():
    model = ReIDModel(Passing(), "bn", "after")
    trained = {name for name, p in model.named_parameters() if p.requires_grad}
    assert trained == {"neck.norm.weight"}
