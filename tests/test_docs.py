"""The documents do what they say: marked code blocks are run, in their order.

The info string of a fenced block says what becomes of it:

    ```python file=PATH     the block is written to PATH
    ```console run          every line is a shell command that must succeed
    ```python run           the block is a script

Each document has a folder of its own that looks like a checkout (`configs/`) and an environment
of its own. Blocks without a mark are not run; documents in WHOLLY have none of those."""

import re
import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
WHOLLY = ("plugins.md",)
"""Documents in which every block is run."""
_BLOCK = re.compile(r"^```(\w*)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def place(document):
    return document.relative_to(ROOT).as_posix()


class Block(NamedTuple):
    language: str
    mark: str
    text: str

    @property
    def file(self):
        return self.mark.removeprefix("file=") if self.mark.startswith("file=") else None


def blocks(document):
    text = document.read_text(encoding="utf-8")
    found = [Block(language, mark.strip(), body) for language, mark, body in _BLOCK.findall(text)]
    assert text.count("\n```") == 2 * len(found), "a block was left open"
    return found


@pytest.mark.parametrize("document", DOCUMENTS, ids=place)
def test_every_mark_is_known(document):
    for block in blocks(document):
        known = block.file or block.mark == "run" or not block.mark
        assert known, f"```{block.language} {block.mark}"
        if document.name in WHOLLY:
            assert block.mark, f"not run: {block.text}"


def anchors(document):
    """The names by which headings are linked to."""
    headings = re.findall(r"^#+ (.*)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-") for h in headings}


@pytest.mark.parametrize("document", [*DOCUMENTS, ROOT / "CONTRIBUTING.md"], ids=place)
def test_every_link_leads_somewhere(document):
    for link in re.findall(r"\]\(([^)\s]+)\)", document.read_text(encoding="utf-8")):
        if link.startswith("http"):
            continue
        path, _, anchor = link.partition("#")
        target = document.parent / path if path else document
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_the_index_lists_every_page():
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    missing = [p.name for p in (ROOT / "docs").glob("*.md") if f"({p.name})" not in index]
    assert missing == ["README.md"]


@pytest.mark.parametrize(
    "document", [d for d in DOCUMENTS if any(b.mark for b in blocks(d))], ids=place
)
def test_blocks_run_in_their_order(document, layer, tmp_path):
    shutil.copytree(ROOT / "configs", tmp_path / "configs")
    for block in blocks(document):
        if block.file:
            path = tmp_path / block.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
        elif block.mark and block.language == "console":
            layer.call("sh", "-e", "-c", block.text, cwd=tmp_path)
        elif block.mark:
            layer.call(layer.python, "-c", block.text, cwd=tmp_path)
