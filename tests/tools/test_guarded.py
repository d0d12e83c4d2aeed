"""The guarded reader: what is no honest file is one line, before memory or time is spent."""

import math
import os
import time

import pytest

from reidbench.tools.guarded import (
    DEPTH,
    MissingFileError,
    as_data_error,
    check_file,
    check_memory,
    check_rows,
    digits,
    is_file,
    json_parser,
    read_bytes,
    read_json,
    read_text,
)
from reidbench_registry import DataError


def refused(path, **more):
    with pytest.raises(DataError) as caught:
        read_json(path, **more)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)
    return str(caught.value)


def test_what_is_no_file_is_not_opened(tmp_path):
    pipe = tmp_path / "pipe.json"
    os.mkfifo(pipe)
    start = time.monotonic()
    assert "a pipe or a device" in refused(pipe)
    assert time.monotonic() - start < 1
    (tmp_path / "folder.json").mkdir()
    assert "a folder" in refused(tmp_path / "folder.json")
    with pytest.raises(MissingFileError, match="^no table: .*none"):
        check_file(tmp_path / "none", missing="no table")
    with pytest.raises(DataError, match="a pipe or a device"):
        check_file(pipe)


def test_sizes_are_looked_at_first(tmp_path):
    path = tmp_path / "large.json"
    with path.open("wb") as file:
        file.truncate(10**9)
    assert "1,000,000,000 bytes, expected at most 1,048,576" in refused(path)
    path.write_text("[1]")
    assert read_json(path) == [1] and read_bytes(path) == b"[1]"
    assert "3 bytes, expected at most 2" in refused(path, most=2)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[" * 100_000, f"nested more than {DEPTH} levels"),
        ("[" * (DEPTH + 1) + "]" * (DEPTH + 1), f"nested more than {DEPTH} levels"),
        ('{"a":' * 70 + "1" + "}" * 70, f"nested more than {DEPTH} levels"),
        ('{"a": {"b": [0, ' + "9" * 5000 + "]}}", "a.b.1: a number of 5,000 digits"),
        ('{"a": [1, NaN]}', "a.1: NaN is no number"),
        ('{"a": -Infinity}', "a: -Infinity is no number"),
        ("1e999", "1e999 is too large"),
        ('{"x": {"\\ud800": 1}}', "x: a lone surrogate in the key '\\\\ud800'"),
        ('["ok", "\\ud83d\\ude00", "\\udfff."]', "2: a lone surrogate in '\\\\udfff.'"),
        ("[1,", "Expecting value: line 1 column 4 (char 3)"),
        ("", "Expecting value"),
    ],
)  # fmt: skip
def test_json_that_is_not_taken_names_the_place(tmp_path, text, words):
    path = tmp_path / "x.json"
    path.write_text(text)
    assert words.replace("\\\\", "\\") in refused(path)


def test_json_that_is_taken(tmp_path):
    deep = "[" * DEPTH + "]" * DEPTH
    for text, value in (("\ufeff[1]", [1]), ('"\\ud83d\\ude00"', "😀"), ("1e308", 1e308)):
        (tmp_path / "x.json").write_text(text, encoding="utf-8")
        assert read_json(tmp_path / "x.json") == value
    assert json_parser()(deep) and math.isnan(json_parser(nan=True)("NaN"))
    # A refused text leaves nothing behind for the next.
    parse = json_parser()
    with pytest.raises(ValueError):
        parse("[NaN]")
    assert parse("[1]") == [1]


def test_text_is_utf8(tmp_path):
    (tmp_path / "x").write_bytes(b"ab\xff")
    with pytest.raises(DataError, match=r"x: not UTF-8 \(byte 2\)"):
        read_text(tmp_path / "x")


@pytest.mark.parametrize("kind", [MemoryError, RecursionError, NotImplementedError, KeyError])
def test_errors_of_libraries_become_one_line(tmp_path, kind):
    with pytest.raises(DataError, match="^here: .+"), as_data_error("here"):
        raise kind
    with pytest.raises(DataError, match=r"^here: a\\x1b$"), as_data_error("here"):
        raise ValueError("a\x1b\nb")
    with pytest.raises(KeyboardInterrupt), as_data_error("here"):
        raise KeyboardInterrupt


def test_what_a_file_may_become():
    check_memory("x", 100_000_000, 2_000_000)
    with pytest.raises(DataError, match="3,000,000 bytes that would become 3,600,000,000 in mem"):
        check_memory("x", 3_600_000_000, 3_000_000)
    check_rows("x", 1_000_001, 8)
    with pytest.raises(DataError, match="15 bytes that would become 1,000,002 rows"):
        check_rows("x", 1_000_002, 15)


def test_digits_are_plain():
    assert [digits(w) for w in ("007", "", "-1", "²", "٣", "9" * 5000)] == [7] + [None] * 5


def test_names_that_no_file_can_have(tmp_path):
    (tmp_path / "x").touch()
    os.mkfifo(tmp_path / "pipe")
    names = ["x", "y", "x" * 5000, "a\x00b", "pipe", "."]
    assert [is_file(tmp_path / n) for n in names] == [True, *[False] * 5]
    assert is_file(str(tmp_path / "x"))
