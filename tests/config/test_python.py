"""Python configs: what is inherited from a base, and what an entry of another type leaves out."""

import logging

import pytest

from reidbench import config
from reidbench.config import shipped
from reidbench_registry import ConfigError


@pytest.fixture
def load(tmp_path, caplog):
    """Write files; load the last one. Returns the config and the notes."""

    def write_and_load(**files):
        for name, text in files.items():
            (tmp_path / f"{name}.py").write_text(text)
        caplog.clear()
        with caplog.at_level(logging.WARNING, "reidbench"):
            logging.getLogger("reidbench").propagate = True
            loaded = config.load(tmp_path / f"{name}.py")
        return loaded, [r.getMessage() for r in caplog.records]

    return write_and_load


BASE = "data = dict(type='A', x=1, y=dict(z=2))\nrun = dict(seed=3)\nteacher = None\n"


def test_sections_are_merged_and_lists_replaced(load):
    child = "_base_ = 'base.py'\ndata = dict(y=dict(w=[1]))\nrun = dict(threads=1)\n"
    found, notes = load(base=BASE, child=child)
    assert found == {
        "data": {"type": "A", "x": 1, "y": {"z": 2, "w": [1]}},
        "run": {"seed": 3, "threads": 1},
        "teacher": None,
    }
    assert notes == []


def test_another_type_leaves_the_old_arguments_out_and_says_so(load):
    found, notes = load(base=BASE, child="_base_ = ['base.py']\ndata = dict(type='B', x=5)\n")
    assert found["data"] == {"type": "B", "x": 5}
    assert notes == ["child.py: data: 'B' replaces 'A' of the base, whose y is left out"]
    found, notes = load(base=BASE, child="_base_ = 'base.py'\ndata = dict(_delete_=True, type='B')")
    assert found["data"] == {"type": "B"} and notes == []
    found, notes = load(base=BASE, child="_base_ = 'base.py'\ndata = dict(type='A', x=2)")
    assert found["data"] == {"type": "A", "x": 2, "y": {"z": 2}} and notes == []


def test_a_section_may_stand_where_the_base_has_none(load):
    found, notes = load(base=BASE, child="_base_ = 'base.py'\nteacher = dict(neck='bn')\n")
    assert found["teacher"] == {"neck": "bn"}
    assert notes == ["child.py: teacher: replaces None of the base"]


def test_a_base_is_a_file_beside_it_or_a_shipped_config(load, tmp_path):
    found, _ = load(mine="_base_ = 'distill_cosine'\nrun = dict(seed=4)\n")
    expected = config.load(shipped.find("distill_cosine"))
    assert found == expected | {"run": expected["run"] | {"seed": 4}}
    (tmp_path / "data.toml").write_text("[data]\ntype = 'T'\n")
    found, _ = load(mine="_base_ = ['data.toml']\n")
    assert found == {"data": {"type": "T"}}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("_base_ = 'distill_cosin'", "neither a config nor the name of a shipped one"),
        ("_base_ = 'child.py'", "leads back to this file"),
        ("_base_ = [3]", "names files, got 3"),
        ("_base_ = ['base.py', 'base.py']", "several of its bases set data, run, teacher"),
        ("import sys\n\nsys.exit(0)", "child.py, line 3: SystemExit: 0"),
        ("run = dict(\n", "child.py, line 1: SyntaxError"),
    ],
)
def test_mistakes_are_one_line(load, text, message):
    with pytest.raises(ConfigError, match=message) as caught:
        load(base=BASE, child=text)
    assert "\n" not in str(caught.value)


def test_names_of_shipped_configs(tmp_path, monkeypatch):
    assert shipped.find("ablation/pcm").name == "pcm.py"
    monkeypatch.chdir(tmp_path)
    (tmp_path / "distill_cosine").mkdir()
    assert shipped.find("distill_cosine").suffix == ".py"
    (tmp_path / "student_only").touch()
    assert str(shipped.find("student_only")) == "student_only"
    with pytest.raises(ConfigError, match="did you mean 'distill_cosine'.*shipped: .*ablation/pcm"):
        shipped.find("distill_cosin")
    with pytest.raises(ConfigError, match="not found: pcm.py .*shipped config.*'ablation/pcm'"):
        shipped.find("pcm.py")
    assert not any("_base_" in name for name in shipped.shipped())
    assert all(shipped.summary(path) for path in shipped.shipped().values())
