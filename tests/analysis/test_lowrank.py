"""Spectra, angles and scores over kept components, against plain computations; mistakes."""

import json

import numpy as np
import pytest
import torch

from reidbench.cli.main import main
from reidbench.embeddings import Embeddings, moments
from reidbench.embeddings.moments import accumulate, together
from reidbench.embeddings.spectrum import principal_angles, spectrum
from reidbench.tools.files import write_json
from reidbench_registry import DataError

CONFIG = """
_base_ = ["distill_cosine"]
data = dict(train=8, val=2, test=6, instances=2)
teacher = dict(train=dict(steps=2, sampler=dict(p=3)))
student = dict(train=dict(steps=2, sampler=dict(p=3), distillers=[dict(type="PCM", energy=0.8)]))
run = dict(threads=1, device="cpu")
"""


def bank(rows, ids=None):
    return Embeddings(rows, ids or [f"i{n}" for n in range(len(rows))])


def whole(rows, normalize=False):
    return accumulate(bank(rows), [0] * len(rows), 1, normalize)[0]


@pytest.mark.parametrize("shape", [(300, 24), (12, 24)], ids=str)
@pytest.mark.parametrize("centred", [False, True])
def test_spectrum_is_that_of_the_svd(shape, centred, monkeypatch):
    monkeypatch.setattr(moments, "CHUNK", 7)
    rng = np.random.default_rng(0)
    rows = (rng.normal(size=shape) * np.geomspace(1, 1e-3, 24) + 2).astype("float32")
    found = spectrum(whole(torch.from_numpy(rows)), centred)
    exact = rows.astype(float) - (rows.astype(float).mean(0) if centred else 0)
    values, right = np.linalg.svd(exact, full_matrices=False)[1:]
    rank = min(shape) - (centred and shape[0] < shape[1])
    assert found.rank == rank and len(found.values) == min(shape)
    np.testing.assert_allclose(found.values[:rank], values[:rank], rtol=1e-6)
    aligned = np.abs((right[:rank] * found.directions.T[:rank]).sum(1))
    np.testing.assert_allclose(aligned, 1, atol=1e-6)
    energy = (values**2).cumsum() / (values**2).sum()
    np.testing.assert_allclose(found.energy, energy, rtol=1e-9)
    share = values[:rank] / values.sum()
    assert found.effective_rank == pytest.approx(np.prod(share**-share), rel=1e-5)
    for fraction in (0.5, 0.9, 0.99):
        assert found.needed(fraction) == next(
            k for k, e in enumerate(energy, start=1) if e >= fraction
        )


def test_a_flat_spectrum_needs_all_of_its_components():
    found = spectrum(whole(torch.eye(10)), centred=False)
    assert found.effective_rank == pytest.approx(10)
    assert (found.needed(0.9), found.needed(0.95), found.needed(1.0)) == (9, 10, 10)


def test_groups_add_up_and_rows_are_normalised():
    rows = torch.randn(50, 6, generator=torch.Generator().manual_seed(0))
    group = np.arange(50) % 4 - 1
    parts = accumulate(bank(rows), group, 3, normalize=True)
    kept = torch.nn.functional.normalize(rows[group >= 0].double()).numpy()
    total = together(parts, 6)
    assert [p.count for p in parts] == [13, 12, 12] and total.count == len(kept)
    np.testing.assert_allclose(total.gram, kept.T @ kept, rtol=1e-12)
    np.testing.assert_allclose(total.total, kept.sum(0), rtol=1e-9, atol=1e-12)


def test_principal_angles_of_planes_that_are_worked_by_hand():
    turn = np.radians(30)
    a = torch.tensor([[2.0, 0, 0, 0], [0, 1, 0, 0]])
    b = torch.tensor([[3 * np.cos(turn), 0, 3 * np.sin(turn), 0], [0, 0, 0, 1]]).float()
    of = [spectrum(whole(rows), centred=False) for rows in (a, b)]
    # One direction turned by 30 degrees, the other at a right angle.
    np.testing.assert_allclose(principal_angles(*of, k=2), [30, 90], atol=1e-5)
    np.testing.assert_allclose(principal_angles(*of, k=1), [30], atol=1e-5)
    assert len(principal_angles(*of, k=20)) == 2


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lowrank")
    (folder / "mine.py").write_text(CONFIG)
    assert main(["run", str(folder / "mine.py"), "--work-dir", str(folder / "runs")]) == 0
    return folder / "runs" / "mine-seed0"


def analyze(capsys, *words):
    code = main(["analyze", "lowrank", *map(str, words)])
    return code, capsys.readouterr()


def test_all_components_score_as_the_run_did(run, capsys):
    code, printed = analyze(capsys, run, "--json", "--kept", 2, 128)
    (found,) = json.loads(printed.out)
    assert code == 0 and {row["k"] for row in found["kept"]} == {2, 128}
    scores = {
        (s["identity"]["task"]["name"], s["mode"]): s["metrics"]
        for s in json.loads((run / "result.json").read_text())["scores"]
    }
    rows = {(r["task"], r["mode"]): r["metrics"] for r in found["kept"] if r["k"] == 128}
    assert rows.keys() == scores.keys() and len(rows) == 9
    for key, metrics in rows.items():
        assert metrics == pytest.approx(scores[key]), key

    # The teacher's train split, and the components that PCM's energy stands for.
    teacher = found["banks"][0]
    items = json.loads((run / "embed" / "items.json").read_text())
    split = {r["item_id"]: r["split"] for r in json.loads((run / "data/index.json").read_text())}
    rows = Embeddings.load(run / "embed").features.double().numpy()
    values = np.linalg.svd(rows[[split[i] == "train" for i in items]], compute_uv=False)
    uncentred = teacher["spectra"]["uncentred"]
    np.testing.assert_allclose(uncentred["singular_values"][:30], values[:30], rtol=1e-6)
    energy = (values**2).cumsum() / (values**2).sum()
    (mark,) = found["distillers"]
    assert mark["label"] == "PCM energy=0.8"
    assert mark["components"] == int((energy < 0.8).sum()) + 1
    assert mark["energy"] == pytest.approx(energy[mark["components"] - 1])
    assert {b["model"]: b["split"] for b in found["banks"]} == {
        "teacher": "train", "student": "test",
    }  # fmt: skip
    assert len(teacher["angles"]) == 2 * 6


def test_tables_and_pictures(run, capsys, tmp_path):
    for width, suffix in (("page", "png"), ("column", "svg"), ("page", "pdf")):
        path = tmp_path / f"picture.{suffix}"
        options = ("--kept", 1, 8, "--picture", path, "--width", width)
        code, printed = analyze(capsys, run, *options)
        assert code == 0 and path.stat().st_size > 5000
    words = printed.out.split()
    assert "overlap" in words and "cloud" in words
    assert max(map(len, printed.out.split("\n\n")[-1].splitlines()[:4])) <= 80
    # A bank by itself has a spectrum and no scores.
    code, printed = analyze(capsys, run / "embed", "--kept", 3)
    assert code == 0 and "no scores over kept components" in printed.out


def test_a_picture_without_matplotlib_is_one_line(run, capsys, monkeypatch):
    monkeypatch.setattr("reidbench.drawing.figure.find_spec", lambda name: None)
    code, printed = analyze(capsys, run, "--picture", "a.png")
    assert code == 2 and "pip install 'reidbench[plot]'" in printed.err


def test_mistakes_are_one_line(run, capsys, tmp_path):
    def fails(*words):
        code, printed = analyze(capsys, *words)
        assert code == 2 and not printed.out and len(printed.err.splitlines()) == 1
        return printed.err

    def saved(name, rows, ids=None):
        bank(torch.tensor(rows), ids).save(tmp_path / name)
        return tmp_path / name

    assert "no bank in it" in fails(tmp_path)
    assert "no such file" in fails(tmp_path / "nothing")
    assert "has 1 rows" in fails(saved("one", [[1.0, 2.0]]))
    assert "2 rows are all equal" in fails(saved("equal", [[1.0, 2.0], [1.0, 2.0]]))
    assert "128 dimensions" in fails(run, "--kept", 129)
    assert "did you mean 'test'" in fails(run, "--split", "tset")
    assert "from 1" in fails(run, "--kept", 0)
    assert ".svg" in fails(run, "--picture", "a.gif")

    broken = saved("nan", [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    features = torch.tensor([[1.0, 2.0], [3.0, float("nan")], [5.0, 6.0]])
    from safetensors.torch import save_file

    save_file({"features": features}, broken / "bank.safetensors")
    assert "first that of item 'i1'" in fails(broken)
    write_json(broken / "items.json", ["i0", "i1"])
    assert "do not belong together" in fails(broken)

    strange = saved("strange", [[1.0, 2.0], [3.0, 4.0]], ["who", "else"])
    index = run / "data" / "index.json"
    assert "2 of 2 embedded items are not in" in fails(strange, "--manifest", index)
    write_json(strange / "items.json", [["who"], 3])
    assert "2 of 2 embedded items are not in" in fails(strange, "--manifest", index)
    assert "16,385 dimensions" in fails(saved("wide", [[1.0] * 16_385] * 2))


def test_a_row_that_is_left_out_may_be_broken():
    rows = torch.tensor([[1.0, 2.0], [float("inf"), 0.0], [3.0, 1.0]])
    assert accumulate(bank(rows), [0, -1, 0], 1)[0].count == 2
    with pytest.raises(DataError, match="'i1'"):
        accumulate(bank(rows), [0, 0, 0], 1)
