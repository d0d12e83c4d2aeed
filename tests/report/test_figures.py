"""What a figure looks like is judged by eyes; here: that all are drawn, whole, at their size, with
text as text, whatever the report lacks and whatever strangers wrote."""

import base64
import io
import re
import struct
from xml.etree import ElementTree

import pytest

from reidbench.report.figures import draw
from reidbench.report.figures import ranklists as strips
from reidbench.report.figures.series import series
from reidbench.report.figures.table import table
from reidbench.report.figures.words import inches, wrapped
from reidbench_registry import ConfigError
from reidbench_registry.testing.pictures import picture

pytest.importorskip("matplotlib")
HOSTILE = "$x^2$ & 50% \\input{a} #_{} <b>~\n\x1b[31m مرحبا"
MODES = ("cloud", "edge")


def thumb(seed, height=24, width=12):
    file = io.BytesIO()
    picture(seed, height, width).save(file, "WEBP")
    return "data:image/webp;base64," + base64.b64encode(file.getvalue()).decode()


def hit(item, rank, right=False, excluded=None):
    return {"item": item, "rank": rank, "similarity": 0.5, "right": right, "excluded": excluded}


def report(labels="A", tasks=("text2rgb",), hostile="A man in a red coat"):
    """Everything that a report may hold, small."""
    items = {
        f"photo {n}": {"pid": str(n), "modality": "rgb", "camera": "1", "caption": None,
                       "thumb": n if n < 4 else None}
        for n in range(6)
    }  # fmt: skip
    items["words"] = {"pid": "1", "modality": "text", "camera": None, "caption": hostile,
                      "thumb": None}  # fmt: skip
    hits = [hit(f"photo {n}", n + 1, right=n == 1) for n in range(6)]
    hits.insert(1, hit("photo 0", None, excluded="the same photo as the query"))
    pairs = [(run, task, mode) for run in labels for task in tasks for mode in MODES]
    keys = [dict(zip(("run", "task", "mode"), pair, strict=True)) for pair in pairs]
    models = [{"run": run, "model": model} for run in labels for model in ("teacher", "student")]
    lists = {f"{run}/{mode}": hits for run in labels for mode in MODES}
    query = {"item": "words", "why": ["best"], "AP": {"A/edge": 0.31}, "lists": lists}
    metrics = {"R1": 0.25, "mAP": 0.5}
    return {
        "title": hostile,
        "runs": [{"label": run, "name": hostile, "dataset": "made", "revision": "1",
                  "synthetic": True, "seed": 0} for run in labels],
        "tasks": [{"name": task, "n_valid": 3, "n_gallery": [5, 6], "chance_R1": 0.2}
                  for task in tasks],
        "rows": [key | {"metrics": metrics, "interval": {"mAP": [0.4, 0.625]}, "collapsed": False}
                 for key in keys],
        "cmc": [key | {"ranks": [1, 2, 5, 50], "values": [0.2, 0.3, 0.5, 1.0],
                       "low": [0.1, 0.2, 0.4, 1.0], "high": [0.3, 0.4, 0.6, 1.0]} for key in keys],
        "ap": [key | {"edges": [0, 0.5, 1], "counts": [2, 1]} for key in keys],
        "similarity": [key | {"edges": [-1, 0, 1], "positives": [0.2, 0.8],
                              "negatives": [0.7, 0.3]} for key in keys],
        "spectrum": [one | {"energy": [0.5, 0.9, 1.0], "components": [1, 2, 4]} for one in models],
        "map": [one | {"method": "PCA", "explained": [0.2, 0.1], "x": [0, 1, 2], "y": [1, 0, 2],
                       "item": ["photo 0", "words", "photo 1"]} for one in models],
        "ranklists": [{"task": task, "queries": [query]} for task in tasks],
        "items": items,
        "thumbs": [thumb(0), thumb(1, 12, 24), thumb(2), "data:image/webp;base64,broken"],
    }  # fmt: skip


def empty():
    lists = ("rows", "cmc", "ap", "similarity", "spectrum", "map", "ranklists", "thumbs", "tasks")
    return report() | {name: [] for name in lists} | {"items": {}}


@pytest.mark.parametrize(("width", "inch"), [("column", 3.4), ("page", 7.0)])
def test_every_figure_in_three_forms_at_its_width(tmp_path, width, inch):
    names = draw(report(), tmp_path, width)
    assert sorted(names) == sorted(path.name for path in tmp_path.iterdir())
    stems = ["ranks-text2rgb-A-cloud", "ranks-text2rgb-A-edge", "cmc", "average-precision",
             "similarity", "energy", "map"]  # fmt: skip
    assert names == [f"{stem}{s}" for stem in stems for s in (".png", ".svg", ".pdf")] + [
        "table.tex"
    ]
    for stem in stems:
        wide, _ = struct.unpack(">II", (tmp_path / f"{stem}.png").read_bytes()[16:24])
        assert wide == round(300 * inch)
        svg = ElementTree.fromstring((tmp_path / f"{stem}.svg").read_text())
        assert float(svg.get("width").removesuffix("pt")) == pytest.approx(72 * inch, abs=0.01)
        texts = list(svg.iter("{http://www.w3.org/2000/svg}text"))
        assert texts  # as text, not as outlines; and readable at the printed size
        sizes = [float(re.search(r"(\d+(\.\d+)?)px", t.get("style"))[1]) for t in texts]
        assert min(sizes) >= 7
        pdf = (tmp_path / f"{stem}.pdf").read_bytes()
        assert b"/Type0" in pdf and b"/FontFile2" in pdf and b"/Type3" not in pdf


def test_the_same_report_gives_the_same_files(tmp_path):
    one = empty() | {"spectrum": report()["spectrum"]}
    for name in ("first", "second"):
        assert draw(one, tmp_path / name) == ["energy.png", "energy.svg", "energy.pdf"]
    for path in (tmp_path / "first").iterdir():
        assert path.read_bytes() == (tmp_path / "second" / path.name).read_bytes()


def test_several_runs_and_words_of_strangers(tmp_path, recwarn):
    tasks = (HOSTILE, "../a/b", "a b")
    whole = report("AB", tasks, HOSTILE)
    kept = ("runs", "tasks", "rows", "ranklists", "items", "thumbs", "map")
    names = draw(empty() | {name: whole[name] for name in kept}, tmp_path / "here", "page")
    assert not [path for path in tmp_path.iterdir() if path.name != "here"]
    assert len(names) == len(set(names)) == len(list((tmp_path / "here").iterdir()))
    assert "ranks-a-b-A-cloud.svg" in names and "ranks-a-b-A-cloud-2.svg" in names
    svg = (tmp_path / "here" / "ranks-a-b-A-cloud.svg").read_text()
    assert "$x^2$" in svg and "\x1b" not in svg
    assert not [w for w in recwarn if "Glyph" in str(w.message)]


def test_what_a_report_lacks_is_not_drawn(tmp_path):
    assert draw(empty(), tmp_path / "none") == [] and not (tmp_path / "none").exists()
    bare = report()
    bare["cmc"] = [one | {"low": [], "high": []} for one in bare["cmc"]]
    bare["map"] = [one | {"explained": None, "item": ["a", "b", "c"]} for one in bare["map"]]
    bare["ap"] = [one | {"counts": [0, 0]} for one in bare["ap"]]
    bare["ranklists"][0]["queries"][0]["lists"] = {"A/edge": []}
    bare |= {"rows": [], "similarity": [], "spectrum": []}
    assert len(draw(bare, tmp_path / "bare")) == 3 * 3


def test_thumbnails_that_are_files(tmp_path):
    picture(0, 24, 12).save(tmp_path / "0.webp")
    one = empty() | {"ranklists": report()["ranklists"], "items": report()["items"]}
    one["thumbs"] = ["0.webp", "gone.webp", "0.webp", "0.webp"]
    with_files = draw(one, tmp_path / "a", thumbs=tmp_path)
    without = draw(one, tmp_path / "b")
    assert with_files == without
    images = [(tmp_path / at / without[1]).read_text().count("<image") for at in "ab"]
    assert images[0] > 0 and images[1] == 0


def test_without_matplotlib_it_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr("reidbench.drawing.figure.find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=re.escape("pip install 'reidbench[plot]'")):
        draw(report(), tmp_path / "none")
    with pytest.raises(ConfigError, match="width 'poster': expected one of column, page"):
        draw(report(), tmp_path / "none", "poster")
    assert not (tmp_path / "none").exists()


def test_excluded_items_are_left_out_and_kinds_take_turns():
    query = report()["ranklists"][0]["queries"][0]
    assert [one["item"] for one in strips.hits(query, "A/edge")] == [f"photo {n}" for n in range(6)]
    asked = [{"item": f"{why}{n}", "why": [why]} for why in ("best", "worst", "random")
             for n in range(4)]  # fmt: skip
    asked[4]["why"] = ["worst", "random"]
    chosen = [query["item"] for query in strips.chosen(asked)]
    assert chosen == ["best0", "worst0", "best1", "worst1", "random0"]


def test_a_name_has_one_colour_in_all_figures():
    found = series(report("AB"))
    assert [one.name for one in found.values()] == ["A, cloud", "A, edge", "B, cloud", "B, edge"]
    assert len({(one.colour, one.dash) for one in found.values()}) == 4
    assert [one.name for one in series(report()).values()] == list(MODES)


@pytest.mark.filterwarnings("ignore:Glyph")
@pytest.mark.parametrize("text", ["", "a", "word " * 40, "withoutanyblank" * 9, "漢字" * 60])
def test_captions_fit_their_cell(text):
    lines = wrapped(text, 1.0, 6)
    assert 1 <= len(lines) <= 6 and all(inches(line) <= 1.0 for line in lines)
    whole = "".join(text.split())
    shown = "".join(lines).replace(" ", "")
    assert shown == whole or (shown.endswith("…") and whole.startswith(shown[:-1]))


def test_the_table_holds_every_figure_once():
    page = table(report("AB", ("one", "two")), "page")
    assert "task & run & mode & R1 & mAP \\\\" in page
    assert "one & A & cloud & 25.0 & 50.0 {\\scriptsize [40.0, 62.5]} \\\\" in page
    assert page.count("50.0") == 8 and page.count("\\midrule") == 2
    column = table(report(), "column")
    assert "cloud & 25.0 & 50.0 \\\\\n &  & {\\tiny [40.0, 62.5]} \\\\" in column
    for text in (page, column):
        body = [line for line in text.splitlines() if line.endswith("\\\\")]
        assert "% text2rgb" in text or "% one" in text
        assert len({line.count("&") for line in body if "multicolumn" not in line}) == 1


def test_names_in_the_table_are_text():
    hostile = report("A", (HOSTILE,), HOSTILE)
    hostile["rows"][0]["collapsed"] = True
    made = table(hostile, "page")
    assert "\\$x\\textasciicircum{}2\\$ \\& 50\\% \\textbackslash{}input\\{a\\} \\#\\_" in made
    assert "\x1b" not in made and "cloud$^\\dagger$" in made
    comments = [line for line in made.splitlines() if line.startswith("%")]
    rest = [line for line in made.splitlines() if not line.startswith("%")]
    assert len(comments) >= 5 and rest[0].startswith("\\begin{tabular}")
