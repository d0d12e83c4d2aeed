"""README, CSV and the two formats of results that are made from a board."""

import copy
import csv
import io
import json
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath

import jsonschema
import pytest
import yaml
from huggingface_hub import parse_eval_result_entries
from markdown_it import MarkdownIt

from reidbench.leaderboard.exports.eval_results import documents
from reidbench.leaderboard.exports.every_eval_ever import records
from reidbench.leaderboard.exports.markdown import readme
from reidbench.leaderboard.exports.table import COLUMNS
from reidbench.leaderboard.exports.table import csv as table

SCHEMA = json.loads((Path(__file__).parent / "every_eval_ever/eval.schema.json").read_bytes())
HOSTILE = [
    "<script>alert(1)</script>",
    "a|b`c`*d*_e_~f~",
    "[click](javascript:alert(1))",
    "![p](https://evil.example/x.png) www.evil.example https://evil.example",
    "line\n# heading\r\n- item\u2028x",
    "@octocat me@evil.example",
    "</td></table><!-- &lt;b&gt; -->",
    "\\| \\[x] \x1b[31m\u202e $a$ :boom: {{x}}",
    *("=HYPERLINK(1)", "1. item", "---", "\ud800"),
]
PROTOCOL = "all captions, checkpoint selected on test"
CONDITIONS = {
    "selection": "last", "test_time_augmentation": None, "re_ranking": None, "precision": "fp32",
    "dim": None, "neck": "bn", "tap": "before", "unlabelled": None, "fused": None, "note": None,
}  # fmt: skip


def row(entry, mAP, rank, **changes):
    base = {
        "entry": entry, "title": entry.upper(), "authors": "A. Author", "url": None,
        "description": None, "benchmark": "qrcm", "dataset": "QrCM", "task": "ir2rgb",
        "query": "ir", "gallery": "rgb", "mode": "edge", "identity": "a" * 64,
        "status": "rescored", "metrics": {"R1": mAP + 0.1, "mAP": mAP},
        "interval": {"R1": None, "mAP": [mAP - 0.02, mAP + 0.03]},
        "bracket": {"mAP": [mAP, mAP]}, "per_seed": [], "last": None,
        "rank": {"R1": rank, "mAP": rank}, "private": None, "conditions": dict(CONDITIONS),
        "training": {"declared": ["LAION-2B"], "overlaps": []},
        "cost": {"parameters": 1000, "gflops": 0.5, "bytes_per_item": 512, "query_ms": None},
        "flags": [], "source": None, "record": "../results/x.json", "collapsed": False,
    }  # fmt: skip
    return base | changes


def reported(title, mAP):
    paper = {"status": "reported", "benchmark": None, "identity": None, "mode": None}
    empty = {"interval": {}, "bracket": {}, "rank": {"R1": None, "mAP": None}, "record": None}
    notes = CONDITIONS | {"selection": None, "note": PROTOCOL}
    rest = {"conditions": notes, "source": "IRRA README.md"}
    return row(title, mAP, None) | paper | empty | rest


@pytest.fixture
def board():
    task = {"query": "ir", "gallery": "rgb", "n_query": 50, "n_valid": 48, "chance_R1": 0.004}
    benchmark = {
        "name": "qrcm", "title": "QrCM", "dataset": "QrCM", "revision": "b" * 40,
        "licence": "CC BY 4.0", "synthetic": False, "fingerprint": "f" * 64, "items": 1234,
        "private": True, "metrics": ["R1", "mAP"],
        "tasks": [{**task, "name": "ir2rgb", "identity": "a" * 64, "n_gallery": 100},
                  {**task, "name": "rgb2ir", "identity": "c" * 64, "n_gallery": [90, 120, 100]}],
    }  # fmt: skip
    private = {"metrics": {"mAP": 0.2}, "rank": {"mAP": 3}, "delta": {"mAP": 2}}
    seeds = [{"seed": n, "metrics": {"mAP": [0.25, 0.5][n]}} for n in range(2)]
    chosen = CONDITIONS | {"selection": "val", "re_ranking": "k-reciprocal"}
    rows = [
        row("b", 0.28, 1, status="submitted", conditions=chosen,
            last={"step": 500, "metrics": {"mAP": 0.271}}),
        row("a", 0.289, 1, private=private, per_seed=seeds, url="https://example.org/a?b=c d|e"),
        row("a", 0.32, 1, task="rgb2ir", query="rgb", gallery="ir", identity="c" * 64,
            status="reproduced"),
        row("low", 0.1, 3, training={"declared": [], "overlaps": ["QrCM"]}, flags=["same as b"]),
        reported("Paper", 0.66),
    ]  # fmt: skip
    return {"schema": 1, "title": "Cross-modal", "description": "One.", "reidbench": "0.1.0",
            "benchmarks": [benchmark], "rows": rows}  # fmt: skip


def hostile(board, text):
    """The same board with a stranger's text wherever a stranger may write."""
    board = copy.deepcopy(board)
    board |= {"title": text, "description": text}
    board["benchmarks"][0] |= dict.fromkeys(["title", "dataset", "revision", "licence"], text)
    for one in board["rows"]:
        names = ["title", "authors", "url", "description", "dataset", "source", "record"]
        one |= dict.fromkeys([*names, "query", "mode"], text)
        one["entry"] += text
        one["conditions"] |= dict.fromkeys(["re_ranking", "note", "fused"], text)
        one |= {"flags": [text], "training": {"declared": [text], "overlaps": [text]}}
    return board


class Page(HTMLParser):
    """Tags, links and cells of a page."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.links, self.tables, self.headings = set(), [], [], []
        self.feed(MarkdownIt("commonmark").enable("table").render(text))

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.links += [value for key, value in attrs if key in ("href", "src")]
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")
        elif tag in ("h1", "h2", "h3"):
            self.headings.append("")
        self.tag = tag

    def handle_endtag(self, tag):
        self.tag = None

    def handle_data(self, data):
        if self.tag in ("td", "th", "a"):
            self.tables[-1][-1][-1] += data
        elif self.tag in ("h1", "h2", "h3"):
            self.headings[-1] += data


def test_readme_ranks_within_an_identity_and_mode_and_keeps_reported_rows_apart(board):
    text = readme(board)
    page = Page(text)
    first, second, papers = page.tables
    heads = ["rank", "entry", "mAP", "R1", "status", "conditions", "private rank"]
    assert first[0] == heads and second[0] == heads[:-1]
    assert [line[:5] for line in first[1:]] == [
        ["1=", "A", "28.9 (26.9 to 31.9)", "38.9", "rescored"],
        ["1=", "B", "28.0 (26.0 to 31.0)", "38.0", "submitted"],
        ["3", "LOW", "10.0 (8.0 to 13.0)", "20.0", "rescored"],
    ]
    assert first[1][5:] == ["last step; 2 seeds", "3 (+2)"]
    assert first[2][5] == "step selected on val; last step: mAP 27.1; re-ranking: k-reciprocal"
    assert first[3][5] == "last step; trained on data of the test: QrCM; same as b"
    assert second[1][0] == "1"
    assert "ir2rgb, edge" in page.headings and "rgb2ir, edge" in page.headings
    assert papers[0] == ["entry", "R1", "mAP", "source", "notes"]
    assert papers[1] == ["PAPER", "76.0", "66.0", "IRRA README.md", PROTOCOL]
    assert page.links == ["https://example.org/a?b=c%20d%7Ce"]
    assert "PAPER" not in text.partition("## Reported, not verified")[0]
    assert "50 queries (48 with a match), gallery of 90 to 120;" in text
    assert all(f"- **{word}**: " in text for word in ("rescored", "reported", "reproduced"))


def test_readme_is_cut_after_fifty_rows_and_says_so(board):
    board["rows"] = [row(f"e{n:02}", 0.5 - n / 200, n + 1) for n in range(53)]
    text = readme(board)
    page = Page(text)
    assert [len(one) for one in page.tables] == [51]
    assert "\n\n3 more rows: [leaderboard.csv](page/leaderboard.csv)\n" in text
    assert "No entries yet." in text  # the other task


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_readme_shows_strange_text_as_text(board, text):
    plain, strange = Page(readme(board)), Page(readme(hostile(board, text)))
    assert strange.tags == plain.tags - {"a"}
    assert strange.links == []
    assert len(strange.headings) == len(plain.headings)
    # No cell more or less; in it the text as it was, but for what cannot be seen.
    shape, wanted = ([[len(r) for r in x] for x in p.tables] for p in (strange, plain))
    assert shape == wanted
    shown = strange.tables[0][1][1].replace("\u2060", "")
    assert shown == " ".join(shown.split())
    if text.isprintable():
        assert shown == " ".join(text.split())
    source = readme(hostile(board, text)).lower()
    assert "://" not in source and "www.evil" not in source and "@" not in source
    assert source.encode()  # no lone surrogate


def test_csv_is_tidy_and_keeps_every_figure(board):
    lines = list(csv.DictReader(io.StringIO(table(board))))
    assert len(lines) == sum(len(one["metrics"]) for one in board["rows"])
    assert tuple(lines[0]) == COLUMNS
    found = {(x["entry"], x["task"], x["metric"]): x for x in lines}
    for one in board["rows"]:
        for metric, value in one["metrics"].items():
            line = found[one["entry"], one["task"], metric]
            assert float(line["value"]) == value and line["status"] == one["status"]
            assert line["rank"] == ("" if one["status"] == "reported" else str(one["rank"][metric]))
    line = found["a", "ir2rgb", "mAP"]
    assert float(line["interval_low"]) == 0.289 - 0.02
    assert float(line["interval_high"]) == 0.289 + 0.03
    assert (line["private_rank"], line["private_delta"], line["seeds"]) == ("3", "2", "2")
    assert found["b", "ir2rgb", "mAP"]["last_value"] == "0.271"
    assert found["a", "ir2rgb", "R1"]["interval_low"] == ""
    assert line["collapsed"] == "False" and line["trained_on"] == "LAION-2B"


@pytest.mark.parametrize(
    "text", [*HOSTILE, "+1", "-1", "@SUM(A1)", " =1", "\t=1", "\uff1d1", "'x"], ids=ascii
)
def test_csv_holds_no_formula(board, text):
    out = table(hostile(board, text))
    out.encode()
    lines = list(csv.reader(io.StringIO(out)))
    assert len(lines) == 1 + 10 == out.count("\n") and {len(x) for x in lines} == {len(COLUMNS)}
    for line in lines[1:]:
        for name, value in zip(COLUMNS, line, strict=True):
            assert not value.lstrip().startswith(("=", "+", "-", "@", "\uff1d")), name
        if text.isprintable():
            title = line[COLUMNS.index("title")]
            assert title.removeprefix("'") == text


def test_records_follow_the_schema(board):
    validator = jsonschema.Draft7Validator(SCHEMA)
    assert SCHEMA["version"] == "0.3.0"
    for text in (None, *HOSTILE):
        made = records(board if text is None else hostile(board, text), retrieved=1_700_000_000)
        assert len(made) == 5  # `a` has a rescored and a reproduced one
        for path, record in made.items():
            validator.validate(json.loads(json.dumps(record, allow_nan=False)))
            data, _, developer, model, name = PurePosixPath(path).parts
            assert data == "data" and name.endswith(".json")
            # The data base files a record under its model's id.
            assert record["model_info"]["id"] == f"{developer}/{model}"
            assert path.isascii() and ".." not in path


def test_records_say_who_measured(board):
    made = list(records(board, retrieved=1_700_000_000).values())
    said = {}
    for record in made:
        source = record["source_metadata"]
        status = source["additional_details"]["status"]
        said[status] = (source["source_type"], source["evaluator_relationship"])
        for result in record["evaluation_results"]:
            assert result["score_details"]["details"]["status"] == status
    assert said == {
        "reproduced": ("evaluation_run", "third_party"),
        "rescored": ("evaluation_run", "collaborative"),
        "submitted": ("documentation", "first_party"),
        "reported": ("documentation", "other"),
    }
    paper = next(r for r in made if r["model_info"]["name"] == "PAPER")
    assert paper["eval_library"] == {"name": "unknown", "version": "unknown"}
    assert paper["source_metadata"]["additional_details"]["publication"] == "IRRA README.md"
    first = next(r for r in made if r["model_info"]["name"] == "A")["evaluation_results"]
    scores = {r["metric_config"]["metric_name"]: r["score_details"] for r in first}
    assert scores["mAP"]["score"] == 0.289
    assert scores["mAP"]["uncertainty"]["num_samples"] == 48
    assert scores["mAP"]["uncertainty"]["confidence_interval"]["lower"] == 0.289 - 0.02
    assert "uncertainty" not in scores["R1"]
    assert first[0]["metric_config"]["metric_parameters"] == {"k": 1}
    assert scores["mAP"]["details"]["seeds"] == "0: 0.25; 1: 0.5"
    assert "seeds" not in scores["R1"]["details"] and "last_step" not in scores["R1"]["details"]


def test_the_same_board_gives_the_same_records(board):
    assert records(board, retrieved=5) == records(copy.deepcopy(board), retrieved=5)
    assert records(board).keys() == records(board, retrieved=5).keys()


def test_documents_of_the_hub_are_read_back(board):
    made = documents(board, {"qrcm": "owner/qrcm"}, url="https://example.org/board")
    assert made.keys() == {"a", "b", "low"}  # no reported entry
    results = parse_eval_result_entries(yaml.safe_load(made["a"]))
    assert [(r.dataset_id, r.task_id, r.value) for r in results] == [
        ("owner/qrcm", "ir2rgb_edge", 28.9),
        ("owner/qrcm", "rgb2ir_edge", 32.0),
    ]
    assert results[0].dataset_revision == "b" * 40
    assert results[0].source_url == "https://example.org/board"
    assert results[0].source_name == "Cross-modal"
    assert results[0].notes.startswith("rescored; mAP in percent; 95% interval 26.9 to 31.9; R1")
    assert results[0].verify_token is None and "verif" not in made["a"].lower()
    assert not made["a"].startswith("#")
    # Without an id on the Hub the file says what is missing.
    assert documents(board)["a"].startswith("# Before use")


@pytest.mark.parametrize(
    "text", [*HOSTILE, "no", "1.0", "!!python/object:os.system", "a: b"], ids=ascii
)
def test_documents_hold_strange_text_as_text(board, text):
    made = documents(hostile(board, text), url=text)
    assert made.keys() == {f"{name}{text}" for name in ("a", "b", "low")}
    made[f"a{text}"].encode()
    for result in yaml.safe_load(made[f"a{text}"]):
        assert isinstance(result["dataset"]["id"], str) and isinstance(result["notes"], str)
        assert "source" not in result
        if text.isprintable():
            assert result["dataset"]["id"] == text
            assert result["dataset"]["task_id"].endswith(f"_{text}")
