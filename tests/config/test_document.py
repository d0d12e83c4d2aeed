"""docs/config.md says what the schema says, and every key has a meaning."""

import dataclasses
from pathlib import Path

import pytest

from reidbench.config import document, schema

PAGE = Path(__file__).parents[2] / "docs" / "config.md"
SECTIONS = [c for c in vars(schema).values() if dataclasses.is_dataclass(c)]


def test_the_page_is_up_to_date():
    command = "python -m reidbench.config.document > docs/config.md"
    assert PAGE.read_text(encoding="utf-8") == document.document(), f"run: {command}"


def test_every_key_is_on_the_page():
    text = document.document()
    for section in SECTIONS:
        for field in dataclasses.fields(section):
            assert f"- **`{field.name}`**" in text, f"{section.__name__}.{field.name}"
    assert text.count("`teacher.train`") == 2 and text.count("- **`warmup`**") == 1
    assert "**`log_every`*** (an integer; default `20`)" in text
    assert "**`steps`** (an integer; required)" in text
    assert max(map(len, text.splitlines())) <= 100


def test_a_key_without_a_meaning_is_named(monkeypatch, tmp_path):
    source = Path(schema.__file__).read_text(encoding="utf-8")
    bare = tmp_path / "schema.py"
    bare.write_text(source.replace('''    """Steps of the optimizer."""\n''', ""))
    monkeypatch.setattr(schema, "__file__", str(bare))
    with pytest.raises(KeyError, match="Training.steps has no docstring"):
        document.document()
