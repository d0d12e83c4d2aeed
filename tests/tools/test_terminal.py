"""What strangers wrote reaches the terminal as text, not as orders."""

import io
import json
import unicodedata

import pytest
from rich.console import Console
from rich.table import Table

from reidbench.tools.terminal import LINE, cell, quoted, safe, safe_json

ORDERS = ["\x1b[2J", "\x9b31m", "a\rb", "a\nb", "\x07", "\x7f", "\u202eevil", "\u2066", "\u200b",
          "\ud800", "\u2028", "\ufeff", "\U000e0041", "\x1b]0;title\x07"]  # fmt: skip


@pytest.mark.parametrize("text", ORDERS)
def test_orders_are_written_out(text):
    for shown in (safe(text), quoted(text), str(cell(text)), safe_json([text])):
        kinds = {unicodedata.category(c) for c in shown if c != "\n"}
        assert not kinds & {"Cc", "Cf", "Cs", "Zl", "Zp"}, repr(shown)
    assert json.loads(safe_json([text])) == [text]
    assert "\n" not in safe(text) + quoted(text)


@pytest.mark.parametrize("text", ["0001/a b", "Ärger", "人物", "[not] markup", "a\\b", ""])
def test_plain_text_stays(text):
    assert safe(text) == text == str(cell(text))


def test_long_text_is_cut_and_says_so():
    assert safe("x" * 301) == "x" * 300 + "... (301 characters)"
    assert safe("x" * 300) == "x" * 300 and safe("x" * 9999, None) == "x" * 9999
    long = safe(f"a.json: {'x' * 301} is wrong", LINE)
    assert long == f"a.json: {'x' * 300}... (301 characters) is wrong"
    assert len(safe("\x1b" * 10**6)) < 330 and len(quoted("y" * 10**6)) < 330


def test_markup_means_nothing_in_a_cell():
    words = ["[/bold]", "[bold red]x[/]", ":smile:", "[link=file:///]x[/link]"]
    out = io.StringIO()
    table = Table(box=None, show_header=False)
    for word in words:
        table.add_row(cell(word))
    Console(file=out, width=80).print(table)
    assert [line.strip() for line in out.getvalue().splitlines()] == words
