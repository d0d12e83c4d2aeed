"""The leaderboard's page as text: what it may do, what it holds, how large it is."""

import base64
import copy
import hashlib
import re
import sys
from pathlib import Path

import pytest

from reidbench.leaderboard.page.compact import compact
from reidbench.leaderboard.page.html import page

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "web"))
from board_sample import sample
from page_reader import Read

HOSTILE = (
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<!-- <script>",
    "\u2028\u2029 ' \" ` & \\",
    "{{ 7 * 7 }} {% raw %}",
    "\ud800 lone surrogate",
)


@pytest.fixture(scope="module")
def board():
    return sample(2)


def with_texts(board, text):
    """The board with `text` wherever a stranger may write."""
    board = copy.deepcopy(board)
    board["title"] = board["description"] = text
    for benchmark in board["benchmarks"]:
        benchmark.update(title=text, licence=text, revision=text)
    for row in board["rows"]:
        row.update(title=text, authors=text, url=text, description=text, source=text, record=text)
        row["flags"] = [text]
        row["conditions"] |= {"note": text, "re_ranking": text}
        row["training"] = {"declared": [text], "overlaps": [text]}
    return board


@pytest.mark.parametrize("text", HOSTILE)
def test_text_of_strangers_stays_text(board, text):
    made = Read(page(with_texts(board, text)))
    plain = Read(page(board))
    assert made.tags == plain.tags
    assert made.texts == plain.texts, "scripts and styles do not depend on the board"
    whole = text.encode("utf-8", "replace").decode()
    assert made.data["entries"][0]["title"] == whole
    page(with_texts(board, text)).encode("utf-8")


def test_the_policy_allows_what_stands_in_the_page_and_nothing_else(board):
    made = Read(page(board))
    allowed = made.policy

    def hashes(kind):
        digests = [hashlib.sha256(text.encode()).digest() for text in made.texts[kind]]
        return {f"'sha256-{base64.b64encode(one).decode()}'" for one in digests}

    assert set(allowed.pop("style-src").split()) == hashes("style")
    assert set(allowed.pop("script-src").split()) == hashes("script")
    assert allowed == {
        "default-src": "'none'",
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
        "require-trusted-types-for": "'script'",
    }


def test_the_page_loads_nothing(board):
    made = Read(page(board))
    loaded = [(n, v) for _, n, v in made.attributes if n in ("src", "href", "srcset", "action")]
    assert all(name == "href" and value.startswith(("#", "data:")) for name, value in loaded)
    assert not re.search(r"url\(|@import", "".join(made.texts["style"]))
    assert "sourceMappingURL" not in "".join(made.texts["script"])
    assert not {name for _, name, _ in made.attributes if name.startswith("on") or name == "style"}


def test_two_thousand_rows_fit_into_three_megabytes():
    board = sample(112)
    for row in board["rows"]:
        row["per_seed"] = [{"seed": n, "metrics": row["metrics"]} for n in range(3)]
    assert len(board["rows"]) > 2000
    assert len(page(board).encode()) <= 3_000_000


def test_figures_survive_packing(board):
    packed = compact(board)
    names = packed["metrics"]
    assert len(packed["rows"]) == len(board["rows"])
    for row, one in zip(board["rows"], packed["rows"], strict=True):
        figures = dict(zip(names, one["metrics"], strict=False))
        for name, value in row["metrics"].items():
            assert figures[name] == pytest.approx(value, abs=1e-7)
            assert f"{100 * figures[name]:.1f}" == f"{100 * value:.1f}"
        assert len(one.get("seeds", [])) == len(row["per_seed"])
        assert packed["entries"][one["of"]]["title"] == row["title"]


def test_what_is_not_known_is_left_out_and_zero_is_not(board):
    board = copy.deepcopy(board)
    board["rows"][0]["cost"] = {"parameters": 0, "gflops": float("nan"), "query_ms": None}
    board["rows"][0]["metrics"]["mAP"] = float("inf")
    packed = compact(board)
    assert packed["rows"][0]["cost"] == {"parameters": 0}
    assert packed["rows"][0]["metrics"][packed["metrics"].index("mAP")] is None
    page(board)


def test_a_board_without_rows_or_benchmarks_has_a_page():
    empty = {"schema": 1, "title": "Empty", "description": "", "benchmarks": [], "rows": []}
    assert "<h1>Empty</h1>" in page(empty)
