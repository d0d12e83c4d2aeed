"""KindRegistry: names become objects, and mistakes of the user are one line."""

from pathlib import Path

import pytest

from reidbench_registry import Catalog, ConfigError, Entry, Owner, PluginError, UnknownEntryError
from reidbench_registry.registries import KindRegistry

SOURCE = """
class Box:
    def __init__(self, size=1, **more):
        if size == 0:
            raise ValueError("size=0 is not positive")
        if size == "bug":
            raise KeyError("a bug")
        self.size, self.more = size, more
"""


@pytest.fixture
def losses(tmp_path: Path, monkeypatch):
    (tmp_path / "boxes.py").write_text(SOURCE)
    monkeypatch.syspath_prepend(tmp_path)
    owner = Owner("boxes", "boxes", "1")
    entries = [Entry("loss", "Box", "boxes:Box", owner), Entry("loss", "No", "boxes:No", owner)]
    return KindRegistry("loss", Catalog(entries))


@pytest.mark.parametrize("name", ["Box", "boxes.Box"])
def test_an_object_of_its_config_and_of_what_the_harness_supplies(losses, name):
    cfg = {"type": name, "size": 2}
    box = losses.create(cfg, embed_dim=8)
    assert (box.size, box.more) == (2, {"embed_dim": 8}) and cfg == {"type": name, "size": 2}
    assert type(box) is losses.get("Box")


@pytest.mark.parametrize("cfg", [{"size": 1}, {"type": dict}, "Box", None])
def test_only_a_name_is_built(losses, cfg):
    with pytest.raises(ConfigError, match=r"a loss is given as dict\(type='name', ...\), got"):
        losses.create(cfg)


@pytest.mark.parametrize(
    ("cfg", "error", "words"),
    [
        ({"type": "Box", "size": 0}, ConfigError, "loss 'Box': size=0 is not positive"),
        ({"type": "Bax"}, UnknownEntryError, "did you mean 'Box'"),
        ({"type": "os.system"}, UnknownEntryError, "unknown loss 'os.system'"),
        ({"type": "No"}, PluginError, "loss 'No' from boxes cannot be loaded"),
        ({"type": "Box", "size": "bug"}, KeyError, "a bug"),
    ],
)
def test_mistakes_are_told_and_bugs_pass(losses, cfg, error, words):
    with pytest.raises(error, match=words):
        losses.create(cfg)
