"""Signatures: the same from the source and from the object, files among the arguments."""

import sys
from dataclasses import replace

import pytest

from reidbench_registry import Entry, Owner
from reidbench_registry.signature import _from_object, _from_source

SOURCE = '''
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

class Plain:
    """A class."""
    def __init__(self, weights: "str | Path", size: int = 1, *, tables: Sequence[str | Path] = (),
                 note: PurePath | None = None, folder: Path | None = None, **paths: Path):
        pass

@dataclass
class Fields:
    """A data class."""
    root: str | Path
    text: str = "Path"

def function(out: Path, name: str = "Path"):
    """A function."""
'''


@pytest.mark.parametrize("future", ["", "from __future__ import annotations\n"])
@pytest.mark.parametrize(
    ("name", "files", "takes_any"),
    [
        ("Plain", {"weights", "tables", "folder"}, True),
        ("Fields", {"root"}, False),
        ("function", {"out"}, False),
    ],
)
def test_files_are_arguments_annotated_with_path(
    tmp_path, monkeypatch, future, name, files, takes_any
):
    (tmp_path / "signed.py").write_text(future + SOURCE)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "signed", raising=False)
    entry = Entry("loss", name, f"signed:{name}", Owner("signed", "signed", "1"))
    source = _from_source(entry)
    built = _from_object(entry.load())
    monkeypatch.delitem(sys.modules, "signed")
    assert source.files == files and source.takes_any is takes_any
    assert replace(built, summary=source.summary) == source
    assert not source.parameters.keys() & {"self", "paths"}


def test_shipped_entries_name_their_files():
    from reidbench.pluginhost import PluginHost
    from reidbench_registry.signature import signature

    host = PluginHost()
    for kind, name, files in (
        ("backbone", "QwenVL", {"weights", "adapter"}),
        ("backbone", "OpenCLIP", {"model", "pretrained"}),
        ("dataset", "SYSU-MM01", {"root", "permutations"}),
        ("dataset", "QrCM-joint", {"roots"}),
        ("dataset", "QrCM-table", {"csv", "root"}),
        ("dataset", "Manifest", {"path", "trials", "composites"}),
        ("dataset", "SyntheticPedestrians", set()),
        ("loss", "ID", set()),
    ):
        assert signature(host.find(kind, name)).files == files, name
