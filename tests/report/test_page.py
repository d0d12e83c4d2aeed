"""The report's page as text: what it may do, what it holds, how large it is."""

import base64
import copy
import hashlib
import json
import re
import sys
from pathlib import Path

import pytest

from reidbench.report.page.compact import PARTS, compact
from reidbench.report.page.html import page
from reidbench.report.page.markdown import tree
from reidbench.report.page.pictures import asset, thumb

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "web"))
from page_reader import Read
from report_sample import sample

HOSTILE = (
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<!-- <script>",
    "\u2028\u2029 ' \" ` & \\",
    "{{ 7 * 7 }} {% raw %}",
    "\u202eright to left, \ud800 lone surrogate",
)


@pytest.fixture(scope="module")
def report():
    return sample(2, people=6)


def everywhere(value, text):
    """The report with `text` in the place of every string that names nothing, and for each item."""
    if isinstance(value, dict):
        return {name: everywhere(one, text) for name, one in value.items()}
    if isinstance(value, list):
        return [everywhere(one, text) for one in value]
    return text if isinstance(value, str) else value


@pytest.mark.parametrize("text", HOSTILE)
def test_text_of_strangers_stays_text(report, text):
    changed = everywhere(report, text)
    changed["items"] = {text: next(iter(changed["items"].values())), **report["items"]}
    made, plain = Read(page(changed)), Read(page(report))
    assert made.tags == plain.tags
    assert made.texts == plain.texts, "scripts and styles do not depend on the report"
    whole = text.encode("utf-8", "replace").decode()
    assert made.data["items"][0][:5] == [whole] * 3 + [whole, None]
    assert not any(made.data["thumbs"])
    page(changed).encode("utf-8")


def test_the_policy_allows_what_stands_in_the_page_and_nothing_else(report):
    made = Read(page(report))
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


def test_pictures_beside_the_page_are_allowed_only_where_there_are_some(report):
    beside = report | {"thumbs": ["pictures/0.webp"]}
    assert Read(page(beside)).policy["img-src"] == "data: 'self' file:"


def test_the_page_loads_nothing(report):
    made = Read(page(report))
    loaded = [(n, v) for _, n, v in made.attributes if n in ("src", "href", "srcset", "action")]
    assert all(name == "href" and value.startswith(("#", "data:")) for name, value in loaded)
    assert not re.search(r"url\(|@import", "".join(made.texts["style"]))
    assert "sourceMappingURL" not in "".join(made.texts["script"])
    assert "innerHTML" not in made.texts["script"][-1]
    assert not {name for _, name, _ in made.attributes if name.startswith("on") or name == "style"}


def test_a_large_report_stays_small_without_its_pictures():
    report = sample(1, people=90, of_each=4)
    assert len(report["map"][0]["item"]) > 1400
    assert len(page(report | {"thumbs": []}).encode()) <= 900_000


def test_hits_and_points_survive_packing(report):
    packed = compact(report)
    names = [one[0] for one in packed["items"]]
    for given, one in zip(report["ranklists"], packed["ranklists"], strict=True):
        for query, kept in zip(given["queries"], one["queries"], strict=True):
            assert names[kept["item"]] == query["item"]
            for name, hits in query["lists"].items():
                for hit, (item, rank, similarity, right, *reason) in zip(
                    hits, kept["lists"][name], strict=True
                ):
                    assert (names[item], rank, bool(right)) == (
                        hit["item"], hit["rank"], hit["right"]
                    )  # fmt: skip
                    assert similarity == pytest.approx(hit["similarity"], rel=1e-3)
                    assert [one["reasons"][n] for n in reason] == [hit["excluded"]][: len(reason)]
                    assert bool(reason) == (hit["rank"] is None)
    for given, one in zip(report["map"], packed["map"], strict=True):
        assert [names[n] for n in one["item"]] == given["item"]
    facts = dict(zip(names, packed["items"], strict=True))
    for name, item in report["items"].items():
        if name in facts:
            assert facts[name][1:] == [item["pid"], item["modality"], item["camera"],
                                       item["caption"], item["thumb"]]  # fmt: skip


def test_what_is_missing_is_empty_and_what_is_not_finite_is_not_known(report):
    parts = [name for name, value in report.items() if isinstance(value, list | dict)]
    for part in parts:
        page({name: value for name, value in report.items() if name != part})
        page(report | {part: None})
        page(report | {part: type(report[part])()})
    parts = (*PARTS, "map", "ranklists", "sections")
    page({"title": "Bare", **{part: [{}] for part in parts}})
    odd = copy.deepcopy(report)
    odd["rows"][0]["metrics"] = {"R1": float("nan"), "mAP": float("inf")}
    odd["losses"][0]["values"][0] = float("nan")
    packed = compact(odd)
    assert packed["rows"][0]["metrics"] == {"R1": None, "mAP": None}
    assert packed["losses"][0]["values"][0] is None
    page(odd)


def test_pictures_come_from_the_page_or_its_folder():
    assert thumb("data:image/webp;base64,AAAA") and thumb("pictures/a-1.webp")
    for address in (
        "data:image/svg+xml;base64,AAAA", "data:text/html,x", "http://a.b/c.png", "//a.b/c.png",
        "../c.png", "/etc/c.png", "a/../../c.png", "javascript:x.png", "a\nb.png", 7, None,
    ):  # fmt: skip
        assert thumb(address) is None, address
    assert asset("image/svg+xml", "AAAA") == "data:image/svg+xml;base64,AAAA"
    assert asset("text/html", "AAAA") is None
    assert asset("image/png", "AAAA' onerror='alert(1)") is None
    assert asset("image/png", None) is None


def test_markdown_becomes_a_few_kinds_of_elements():
    text = "# A\n\n*b* **c** `d` [e](https://f.g) ![h](i.png)\n\n- j\n\n```py\nk\n```\n\n<b>l</b>"
    assert tree(text) == [
        ["h1", ["A"]],
        ["p", [["em", ["b"]], " ", ["strong", ["c"]], " ", ["code", ["d"]], " ",
               ["a", ["e"], "https://f.g"], " ", ["img", ["h"], "i.png"]]],
        ["ul", [["li", ["j"]]]],
        ["pre", ["k\n"], "py"],
        ["p", ["<b>l</b>"]],
    ]  # fmt: skip
    assert tree("[a](javascript:alert(1))") == [["p", ["[a](javascript:alert(1))"]]]
    assert tree("") == []
    deep = tree(">" * 5000 + "a")
    assert json.dumps(deep).count("blockquote") <= 20
    assert tree("x" * 200_001) == [["pre", ["x" * 200_001]]]
