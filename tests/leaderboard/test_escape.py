"""Strangers' addresses, cells and names, before they are written anywhere."""

import pytest

from reidbench.leaderboard.exports.escape import address, cell, markdown, slug


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "javascript://x.org/%0a1", "ftp://x.org", "//x.org", "file:///x",
     "https://", "https://[", "x", "", None, 5, "https://x.org/\n", "https://x.org/" + "a" * 2000],
)  # fmt: skip
def test_only_web_addresses_are_linked(url):
    assert address(url) is None


def test_an_address_cannot_end_its_link():
    assert address('https://x.org/<a>"b|c`(d)') == "https://x.org/%3Ca%3E%22b%7Cc%60%28d%29"


def test_a_cell_gives_its_text_back():
    for text in ("a=1", "", "ViT-B/16", "=1", "'=1", "''", " +1"):
        guarded = cell(text)
        assert guarded.removeprefix("'") == text
        assert not guarded.lstrip().startswith(("=", "+"))


def test_long_text_is_cut():
    assert markdown("x" * 200).endswith("... (200 characters)")


def test_names_of_files_are_safe():
    for text in ("..", "", "../../x", "CON", "data", "a/b", "\u202e", "x" * 999, "é", ".git"):
        name = slug(text)
        assert 0 < len(name) <= 82 and name.isascii() and not set(name) & set("./\\: ")
        assert name not in ("con", "data", "unknown")
    assert slug("pcm-fr") == "pcm-fr"
