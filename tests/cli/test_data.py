"""`reidbench data`: what is printed, exit codes, and one line for every mistake."""

import json
import shutil
from pathlib import Path

import pytest
from PIL import Image

from reidbench.cli.main import main
from reidbench.results.from_files import card_of
from reidbench.tools.files import write_json
from reidbench.tools.manifest import read_manifest
from reidbench_registry import fingerprint
from reidbench_synthetic.dataset import SyntheticPedestrians

SMALL = ("--option", "train=3", "val=2", "test=3", "instances=2")


def data(*words):
    return main(["data", *map(str, words)])


@pytest.fixture
def pedes(tmp_path):
    """Three people, two photos each, in the layout of CUHK-PEDES."""
    root = tmp_path / "CUHK-PEDES"
    entries = []
    for pid, split in enumerate(("train", "val", "test"), start=1):
        (root / "imgs" / split).mkdir(parents=True)
        for photo in range(2):
            file = f"{split}/{pid}{photo}.jpg"
            Image.new("RGB", (16, 32), (60 * pid, 90 * photo, 0)).save(root / "imgs" / file)
            entry = {"split": split, "captions": ["A man."], "file_path": file, "id": pid}
            entries.append(entry)
    write_json(root / "reid_raw.json", entries)
    return root


def test_check_of_drawn_people(capsys):
    words = ("check", "SyntheticPedestrians", *SMALL, "--protocol", "qrcm/distill")
    assert data(*words) == 0
    shown = capsys.readouterr()
    assert "nothing failed" in shown.out and not shown.err
    assert data(*words, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["failed"] == 0 and told["dataset"] == "SyntheticPedestrians"
    assert {"split": "test", "what": "rgb", "found": 6, "published": None} in told["counts"]
    rows = [r for r in told["checks"] if r["check"] == "queries of qrcm/distill"]
    assert [r["detail"].partition(":")[0] for r in rows] == ["ir2rgb", "sketch2rgb", "text2rgb"]


def test_check_says_no(pedes, capsys):
    (pedes / "imgs" / "val" / "20.jpg").write_bytes(b"")
    (pedes / "imgs" / "test" / "30.jpg").write_text("x")
    assert data("check", "QrCM", "--root", pedes, "--option", "derive=false", "--json") == 1
    told = json.loads(capsys.readouterr().out)
    wrong = " ".join(r["detail"] for r in told["checks"] if r["status"] == "fail")
    assert "empty: 1 picture" in wrong and "no picture format: 1 picture" in wrong
    assert data("check", "QrCM", "--root", pedes, "--option", "derive=false", "--no-decode") == 1
    assert "not decoded" not in capsys.readouterr().out
    shutil.rmtree(pedes / "imgs" / "val")
    (pedes / "reid_raw.json").write_bytes(b'[{"captions": "caf\xe9"}]')
    assert data("check", "QrCM", "--root", pedes, "--json") == 1
    wrong = [r["detail"] for r in json.loads(capsys.readouterr().out)["checks"]]
    assert any("not UTF-8" in line for line in wrong) and any("no picture" in w for w in wrong)


def test_derived_pictures_stay_in_the_work_dir(pedes, tmp_path, capsys):
    work = tmp_path / "runs"
    assert data("check", "QrCM", "--root", pedes, "--work-dir", work) == 0
    (cache,) = (p for p in (work / "cache").iterdir() if p.is_dir())
    assert len(list(cache.rglob("*.png"))) == 12
    assert data("check", "QrCM", "--root", pedes, "--against", f"QrCM={pedes}") == 0
    assert "6 pictures (" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("check", "QrCMM"), "did you mean 'QrCM'?"),
        (("check", "QrCM"), "QrCM needs its folder: --root DIR"),
        (("check", "QrCM", "--root", "x", "--option", "derrive=1"), "did you mean 'derive'?"),
        (("check", "QrCM", "--root", "x", "--option", "derive=3"), "derive=3 is not true or false"),
        (("check", "QrCM", "--root", "x", "--option", "derive"), "expected path=value"),
        (("check", "SyntheticPedestrians", "--root", "x"), "takes no 'root'"),
        (("check", "QrCM", "--root", "x", "--against", "QrCM"), "expected NAME=DIR"),
        (("check", "QrCM", "--root", "x", "--against", "Sysu=y"), "unknown dataset 'Sysu'"),
        (("check", "QrCM", "--root", "x", "--protocol", "qrcm/distil"), "'qrcm/distill'?"),
        (("info", "SYSU-MM1"), "did you mean 'SYSU-MM01'?"),
    ],
)
def test_wrong_words_are_one_line(words, told, capsys):
    assert data(*words) == 2
    error = capsys.readouterr().err
    assert told in error and error.count("\n") == 1


def test_a_root_that_is_not_there(capsys):
    assert data("check", "QrCM", "--root", "/nowhere") == 1
    assert "data root not found: /nowhere" in capsys.readouterr().out


def test_info(capsys):
    assert data("info", "--json") == 0
    rows = {r["name"]: r for r in json.loads(capsys.readouterr().out)}
    assert rows["SYSU-MM01"]["modalities"] == ["rgb", "ir"]
    assert rows["SyntheticPedestrians"]["synthetic"] and not rows["QrCM"]["synthetic"]
    assert data("info") == 0 and "SYSU-MM01" in capsys.readouterr().out
    assert data("info", "SYSU-MM01", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["arguments"]["root"] is True and told["card"]["licence"].startswith("signed")
    assert data("info", "SYSU-MM01") == 0
    shown = capsys.readouterr().out
    assert "Wu et al." in shown and "signed agreement" in shown
    # One whose folders are a list.
    assert data("info", "QrCM-joint") == 0 and "several sets at once" in capsys.readouterr().out
    assert not any("problem" in row for row in rows.values())


@pytest.mark.parametrize("form", ["parquet", "csv", "jsonl"])
def test_an_exported_index_is_the_data_set(form, tmp_path, capsys):
    out, work = tmp_path / "out", tmp_path / "work"
    words = ["--option", "train=3", "val=2", "test=2", "--work-dir", str(work)]
    name = "SyntheticPedestrians"
    assert main(["data", "export", name, *words, "--out", str(out), "--table", form]) == 0
    table = out / f"manifest.{form}"
    assert capsys.readouterr().out.split("\n")[-2].startswith(f"{table}: ")
    records = read_manifest(table)
    card = card_of(table, records)
    assert card.name == name and card.synthetic and card.licence != "unknown"
    assert all(Path(r.path).is_relative_to(work / "cache") for r in records if r.path)
    (cache,) = (p for p in (work / "cache").iterdir() if p.is_dir())
    again = SyntheticPedestrians(train=3, val=2, test=2).prepare(cache, lambda items, *_: items)
    assert fingerprint(card, again) == fingerprint(card, records)
    assert main(["data", "export", name, "--out", str(out), "--option", "trains=3"]) == 2
    assert "takes no 'trains'; did you mean 'train'" in capsys.readouterr().err
