"""Tables: nothing is cut in a pipe, nothing breaks inside a word on a narrow terminal."""

import csv
import io

import pytest
from rich.console import Console
from rich.text import Text

from reidbench.terminal.lines import print_line, wrap
from reidbench.terminal.sheet import Sheet

ROWS = [
    ["ir2rgb", "edge-cloud", "1.0", "a sentence of many words, which is wider than the rest of it"],
    ["ir2rgb", "edge", "20.0", "short"],
    ["text2rgb", "edge", "100.0", "[bold]no markup[/bold] | a bar"],
]


def sheet(**more):
    return Sheet(["task", "mode", "R1", "remarks"], ROWS, right=["R1"], group=1, **more)


def shown(thing, width=None):
    file = io.StringIO()
    console = Console(file=file, force_terminal=width is not None, width=width, color_system=None)
    thing(console)
    return file.getvalue()


def words(text):
    return text.replace("│", " ").split()


@pytest.mark.parametrize("boxed", [True, False])
@pytest.mark.parametrize("width", [120, 80, 60, 45, 30])
def test_no_word_is_broken_and_no_line_too_long(width, boxed):
    text = shown(
        sheet(boxed=boxed, title="a title of several words", caption="percent").show, width
    )
    for row in ROWS:
        for word in row[3].split():
            assert word in words(text)
    assert max(map(len, text.splitlines())) <= width


@pytest.mark.parametrize("boxed", [True, False])
def test_a_pipe_gets_whole_lines(boxed, monkeypatch):
    monkeypatch.setenv("COLUMNS", "30")
    text = shown(sheet(boxed=boxed).show)
    assert all(sum(row[3] in line for line in text.splitlines()) == 1 for row in ROWS)
    assert "…" not in text


def test_what_repeats_is_shown_once_but_not_in_csv_and_markdown():
    assert words(shown(sheet().show)).count("ir2rgb") == 1
    rows = list(csv.reader(io.StringIO(sheet().csv())))
    assert rows == [["task", "mode", "R1", "remarks"], *ROWS]
    lines = sheet().markdown().splitlines()
    assert lines[1] == "| --- | --- | ---: | --- |" and len(lines) == 5
    assert lines[-1].endswith("[bold]no markup[/bold] \\| a bar |")


def test_an_empty_sheet_shows_its_headings():
    assert words(shown(Sheet(["a", "b"], []).show)) == ["a", "b"]


def test_wrapping_keeps_words_and_text():
    text = Text("one two  three/with/a/long/path four")
    lines = [line.plain for line in wrap(text, 10)]
    assert lines == ["one two", "three/with/a/long/path", "four"]
    assert [line.plain for line in wrap(Text(""), 10)] == [""]
    assert [line.plain for line in wrap(Text("a\n\nb"), 10)] == ["a", "", "b"]


def test_a_line_continues_below_its_text():
    line = Text("   stage  one two three four five six")
    assert shown(lambda c: print_line(c, line, 10), 24).splitlines() == [
        "   stage  one two three",
        "          four five six",
    ]
    assert shown(lambda c: print_line(c, line, 10)).splitlines() == [line.plain]
