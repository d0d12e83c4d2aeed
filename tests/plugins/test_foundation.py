"""The foundation of the embedded student: its command at toy size, the shipped file, its card."""

import json
import runpy
import shutil
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

import reidbench_clip
from reidbench_clip import architecture, foundation
from reidbench_clip.openclip import OpenCLIP
from reidbench_registry import DataError, RunInfo, RunResult
from reidbench_synthetic.dataset import NAME, VERSION, SyntheticPedestrians

COMMANDS = Path(__file__).parents[2] / "benchmarks" / "embedded"


@pytest.fixture
def shared(monkeypatch):
    """The module that both commands share, importable as it is for a script beside it."""
    monkeypatch.syspath_prepend(COMMANDS)
    monkeypatch.delitem(sys.modules, "foundation", raising=False)
    import foundation as module

    yield module
    del sys.modules["foundation"]


def call(monkeypatch, command, out, *arguments):
    words = [command, "--out", out, "--cache", out.with_name("cache"), "--worlds", 1, *arguments]
    monkeypatch.setattr(sys, "argv", [str(word) for word in words])
    return runpy.run_path(str(COMMANDS / command), run_name="__main__")


def test_the_student_command_at_toy_size(shared, monkeypatch, tmp_path):
    toy = ("--people", 6, "--instances", 1, "--steps", 4, "--batch", 3)
    call(monkeypatch, "make_student_foundation.py", tmp_path / "a", *toy)
    state = load_file(tmp_path / "a" / "foundation.safetensors")
    model = OpenCLIP()
    assert state.keys() == model.clip.state_dict().keys()
    assert {t.dtype for t in state.values()} == {torch.float16}
    assert not any("head" in name or "norms" in name for name in state)
    card = json.loads((tmp_path / "a" / "foundation.json").read_text())
    assert card["world"] == {"dataset": NAME, "version": VERSION, "first_seed": 2_000_000}
    assert card["parameters"] == sum(p.numel() for p in model.clip.parameters())
    assert card["arguments"]["steps"] == 4
    # The same arguments give the same bytes, from the start and from the finished checkpoint.
    call(monkeypatch, "make_student_foundation.py", tmp_path / "b", *toy)
    shutil.rmtree(next((tmp_path / "cache").glob("training-*")))
    call(monkeypatch, "make_student_foundation.py", tmp_path / "c", *toy)
    bytes_of = [(tmp_path / x / "foundation.safetensors").read_bytes() for x in "abc"]
    assert bytes_of[0] == bytes_of[1] == bytes_of[2]


def test_the_teacher_command_at_toy_size(shared, monkeypatch, tmp_path):
    toy = ("--people", 4, "--instances", 1, "--vision-steps", 2, "--steps", 2, "--batch", 3)
    names = call(monkeypatch, "make_foundation.py", tmp_path / "out", *toy)
    state = load_file(tmp_path / "out" / "model.safetensors")
    assert {t.dtype for t in state.values()} == {torch.float16}
    # No world of one foundation belongs to the other's, or to an experiment's small seeds.
    assert 1_000 < names["FIRST_WORLD"] < 2_000_000 - 1_000


def test_a_stopped_training_ends_in_the_same_weights(shared, tmp_path):
    class Stopped(Exception):
        pass

    def train(folder, stop_at=None):
        torch.manual_seed(3)
        layer, data = torch.nn.Linear(4, 4), torch.randn(10, 4)
        calls = []

        def losses(chosen):
            calls.append(chosen.tolist())
            if len(calls) == stop_at:
                raise Stopped
            noise = torch.rand(len(chosen), 1)
            return {"loss": (layer(data[chosen]) * noise - data[chosen]).square().mean()}

        training = shared.Training(folder, 10, 3, minutes=0)
        training.run("whole", 12, [layer], losses, 1e-2, 0.05, log_every=4)
        return layer.weight.detach().clone(), [row["step"] for row in training.log], len(calls)

    whole, log, _ = train(tmp_path / "whole")
    with pytest.raises(Stopped):
        train(tmp_path / "parts", stop_at=7)
    again, log_again, calls = train(tmp_path / "parts")
    assert calls == 6
    assert torch.equal(again, whole) and log_again == log == [4, 8, 12]


def test_what_supervises(shared, tmp_path):
    heads = shared.Heads(8)
    data = shared.moments(5, 1, 4, 2, tmp_path)
    assert len(data) == 8 and {r.split for m in data for r in m.values()} == {"unlabelled"}
    assert {r.instance_id for r in data[3].values()} == {data[3]["rgb"].instance_id}
    attributes = shared.attributes_of(data)
    named = [list(shared.VALUES[n])[v] for n, v in zip(shared.VALUES, attributes[5], strict=True)]
    assert named == list(data[5]["text"].extras["attributes"].values())
    # Infrared shows no colour: its loss does not reach the heads of colours.
    heads("ir", torch.randn(8, 8), attributes).backward()
    for name, head in heads.heads.items():
        assert (head.weight.grad is None) == name.endswith("colour"), name
    # InfoNCE, slowly
    a, b = torch.randn(5, 8), torch.randn(5, 8)
    expected = 0.0
    for x, y in ((a, b), (b, a)):
        for i in range(5):
            scores = torch.stack([14 * torch.cosine_similarity(x[i], y[j], 0) for j in range(5)])
            expected -= (scores[i] - scores.exp().sum().log()) / 10
    torch.testing.assert_close(shared.info_nce(a, b), expected)


def test_the_shipped_file_and_its_card():
    card = json.loads(foundation.CARD.read_text())
    file = architecture.FOUNDATION
    assert file.stat().st_size <= 4 * 2**20 and card["parameters"] <= 2_000_000
    # Raised with every change of the drawing: then the foundation is to be made anew.
    assert card["world"]["version"] == VERSION, "make the foundation anew"
    model = OpenCLIP(pretrained="embedded", embed_dim=128)
    assert {p.dtype for p in model.parameters()} == {torch.float32}
    for name, tensor in load_file(file).items():
        assert torch.equal(model.clip.state_dict()[name], tensor.float()), name


def test_projections_start_as_one_isometry():
    first, *others = OpenCLIP(pretrained="embedded", embed_dim=128).projections.values()
    eye = torch.eye(first.in_features)
    torch.testing.assert_close(first.weight.T @ first.weight, eye, atol=1e-5, rtol=0)
    for other in others:
        assert torch.equal(other.weight, first.weight) and not other.bias.any()
    # Without weights there is no common space to keep.
    rgb, ir, *_ = OpenCLIP(embed_dim=128).projections.values()
    assert not torch.equal(rgb.weight, ir.weight)


def test_it_finds_strangers_without_training(tmp_path):
    """Text to photo, 24 people whom nobody saw before: far above chance."""
    world = SyntheticPedestrians(seed=77, train=0, val=0, test=24, instances=2)
    records = world.prepare(tmp_path, lambda items, *_: items)
    model = OpenCLIP(pretrained="embedded", embed_dim=128).eval()
    with torch.no_grad():
        features = model.encode(model.collate([model.preprocess(r) for r in records]))
    features = torch.nn.functional.normalize(features)
    pids = [r.pid for r in records]
    gallery = [i for i, r in enumerate(records) if r.modality == "rgb"]
    hits = [
        pids[i] == pids[gallery[int((features[gallery] @ features[i]).argmax())]]
        for i, r in enumerate(records)
        if r.modality == "text"
    ]
    assert sum(hits) / len(hits) > 8 / 24


def test_a_foundation_that_cannot_be_used(monkeypatch, tmp_path):
    path = tmp_path / "foundation.safetensors"
    monkeypatch.setattr(architecture, "FOUNDATION", path)
    with pytest.raises(DataError, match=r"the foundation of the embedded model is missing: .*fou"):
        OpenCLIP(pretrained="embedded")
    path.write_bytes(b"noise")
    with pytest.raises(DataError, match=r"damaged tensor file: .*foundation") as damaged:
        OpenCLIP(pretrained="embedded")
    state = OpenCLIP().clip.state_dict()
    save_file(state | {"text_projection": torch.zeros(3, 3)}, path)
    with pytest.raises(DataError, match=r"foundation.* does not fit the model: ") as other:
        OpenCLIP(pretrained="embedded")
    assert "\n" not in f"{damaged.value}{other.value}"


def test_a_student_of_a_run(tmp_path):
    student = OpenCLIP(embed_dim=24)
    run = tmp_path / "alone"
    student.save(run / "distill" / "backbone")
    again = OpenCLIP(embed_dim=24, pretrained=run / "distill")
    for name, tensor in student.state_dict().items():
        assert torch.equal(again.state_dict()[name], tensor), name
    with pytest.raises(DataError, match=r"alone is a run; its student is .*alone/distill$"):
        OpenCLIP(pretrained=run)
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=r"empty holds no student \(backbone/model") as error:
        OpenCLIP(pretrained=tmp_path / "empty")
    assert "\n" not in str(error.value)


def result(revision, name=NAME, **backbone):
    config = {"student": {"backbone": {"type": "OpenCLIP", **backbone}}}
    run = RunInfo("r", Path(), 0, config)
    return RunResult(run, {"dataset": {"name": name, "revision": revision}})


def test_another_version_of_the_world_is_told():
    told = result(f"{VERSION + 1}-abc", pretrained="embedded")
    with pytest.warns(UserWarning, match=f"version {VERSION}, the data of this run is version"):
        reidbench_clip.reidbench_after_run(told)
    section = reidbench_clip.reidbench_add_report_section(told)
    assert section is not None and f"version {VERSION + 1}" in section.body
    for quiet in (
        result(f"{VERSION}-abc", pretrained="embedded"),
        result(f"{VERSION + 1}-abc"),
        result("2017", name="QrCM", pretrained="embedded"),
        RunResult(RunInfo("r", Path(), 0, {"student": None}), {}),
    ):
        assert foundation.mismatch(quiet) is None
