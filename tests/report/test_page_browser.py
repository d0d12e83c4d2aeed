"""The report's page in headless Chromium, opened from a file."""

import base64
import sys
from pathlib import Path

import pytest

from reidbench.report.page.html import page

sys.path.insert(0, str(Path(__file__).parent))
from report_sample import sample

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def report():
    return sample(2, people=12)


@pytest.fixture(scope="module")
def write(tmp_path_factory):
    """A report -> the address of its page, and of files beside it."""

    def write(report, files=None):
        place = tmp_path_factory.mktemp("page") / "report.html"
        place.write_text(page(report), encoding="utf-8")
        for name, content in (files or {}).items():
            (place.parent / name).write_bytes(content)
        return place.as_uri()

    return write


@pytest.fixture(scope="module")
def address(write, report):
    return write(report)


def item(shown):
    return shown.locator("#query .card code").inner_text()


def queries(report, task="ir2rgb"):
    (found,) = [one["queries"] for one in report["ranklists"] if one["task"] == task]
    return [query["item"] for query in found]


def broken(shown):
    """Pictures that came into view and could not be read."""
    return shown.evaluate("[...document.images].filter(i => i.complete && !i.naturalWidth).length")


def test_figures_stand_with_their_interval_and_the_last_step(tab, address, report):
    shown = tab(address)
    text = shown.locator("#results").inner_text()
    for row in report["rows"]:
        assert f"{100 * row['metrics']['mAP']:.1f}" in text
    assert "last step (900)" in text and "drawn by a program" in text
    assert report["missing"][0] in text
    assert "ties" in text


def test_a_list_shows_its_ranks_and_says_right_and_wrong_in_words(tab, address, report):
    shown = tab(address)
    query = report["ranklists"][0]["queries"][0]
    assert item(shown) == query["item"]
    lists = shown.locator("#query .list")
    assert lists.count() == 6
    for place, (name, hits) in enumerate(query["lists"].items()):
        assert lists.nth(place).locator("h3").inner_text().startswith(name.replace("/", " "))
        cards = lists.nth(place).locator(".hit")
        assert cards.count() == len(hits)
        for hit, card in zip(hits, cards.all(), strict=True):
            words = "left out" if hit["rank"] is None else "right" if hit["right"] else "wrong"
            assert words in card.inner_text()
            assert (hit["excluded"] or "") in card.inner_text()
            assert f"{hit['similarity']:.3f}"[:-1] in card.inner_text()
    styles = {
        kind: shown.locator(f"#query .{kind}").first.evaluate(
            "e => getComputedStyle(e).borderStyle"
        )
        for kind in ("right", "wrong", "excluded")
    }
    assert styles == {"right": "solid", "wrong": "dashed", "excluded": "dotted"}
    shown.locator("#query .numbers summary").click()
    assert query["lists"]["A/cloud"][0]["item"] in shown.locator("#query table").inner_text()
    shown.wait_for_timeout(100)
    assert shown.locator("#query img").count() > 60 and not broken(shown)


def test_arrow_keys_and_the_address_lead_to_a_query(tab, address, report):
    shown = tab(address)
    names = queries(report)
    shown.locator("#ranks").scroll_into_view_if_needed()
    shown.locator("#film button").first.focus()
    shown.keyboard.press("ArrowRight")
    shown.keyboard.press("ArrowRight")
    assert item(shown) == names[2]
    assert shown.evaluate("document.activeElement.dataset.item") == names[2]
    shown.keyboard.press("ArrowLeft")
    assert item(shown) == names[1]
    assert shown.locator("#count").inner_text() == f"2 of {len(names)}"
    shown.wait_for_url(f"**query={names[1]}*")
    assert item(tab(address, shown.url.removeprefix(address))) == names[1]
    shown.locator("#search").press("ArrowRight")
    assert item(shown) == names[1], "keys in a field stay there"


def test_search_by_item_pid_and_caption(tab, address, report):
    shown = tab(address, "#task=text2rgb")
    names = queries(report, "text2rgb")
    pid = report["items"][names[-1]]["pid"]
    fitting = [name for name in names if report["items"][name]["pid"] == pid]
    shown.fill("#search", pid)
    assert shown.locator("#film button").count() == len(fitting)
    shown.fill("#search", names[0])
    assert item(shown) == names[0]
    shown.fill("#search", "trousers SIDE")
    assert shown.locator("#film button").count() == len(names)
    assert "“" not in shown.locator("#query .card .terms").inner_text()
    shown.fill("#search", "no such words")
    assert "No query of this task fits" in shown.locator("#query").inner_text()
    shown.fill("#search", queries(report)[0])
    shown.locator("#query button").first.click()
    assert shown.input_value("#task") == "ir2rgb" and item(shown) == queries(report)[0]


def test_choice_of_queries_runs_and_modes(tab, address, report):
    shown = tab(address)
    shown.select_option("#why", "changed")
    changed = [q for q in report["ranklists"][0]["queries"] if "changed" in q["why"]]
    assert shown.locator("#film button").count() == len(changed)
    shown.select_option("#mode", "edge")
    assert shown.locator("#query .list").count() == 2
    shown.select_option("#run", "B")
    assert shown.locator("#query .list h3").inner_text().startswith("B edge")


def test_charts_are_drawn_when_they_come_into_view(tab, address):
    shown = tab(address)
    everything = shown.locator(".chart").count()
    assert everything > 30
    assert shown.locator(".chart[data-drawn]").count() == 0
    for part in ("curves", "embeddings", "training"):
        shown.locator(f"#{part} .chart").first.scroll_into_view_if_needed()
        shown.wait_for_selector(f"#{part} .chart[data-drawn]")
        ink = shown.locator(f"#{part} .chart canvas").first.evaluate(
            "c => c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(v => v)"
        )
        assert ink
    assert 0 < shown.locator(".chart[data-drawn]").count() < everything
    assert all(shown.locator(".chart canvas").evaluate_all("c => c.map(e => e.ariaLabel)"))
    shown.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert shown.locator(".chart[data-drawn]").count() == everything


def test_every_chart_has_its_numbers(tab, until, address, report):
    shown = tab(address)
    shown.evaluate("document.querySelectorAll('.chart details').forEach(d => { d.open = true; })")
    until(shown, "[...document.querySelectorAll('.chart')].every(c => c.querySelector('tbody tr'))")
    cells = shown.locator("#curves .chart").first.locator("table").inner_text()
    assert f"{100 * report['cmc'][0]['values'][0]:.1f}" in cells


def test_a_point_of_the_map_shows_its_item(tab, address, report):
    shown = tab(address, "#at=embeddings&colour=identity")
    shown.wait_for_selector(".map[data-drawn]")
    canvas = shown.locator(".map canvas").first
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    for x in range(60, int(box["width"]), 12):
        shown.mouse.move(box["x"] + x, box["y"] + box["height"] / 2)
        if shown.locator("#tip").is_visible():
            break
    words = shown.locator("#tip").inner_text()
    assert any(name in words for name in report["items"])
    name = report["map"][0]["item"][0]
    shown.fill("#find", report["items"][name]["pid"])
    assert "16 items of 1 identity ringed" in shown.locator("#found").inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_never_scrolls_sideways(tab, address, scheme):
    shown = tab(address, viewport={"width": 390, "height": 844}, color_scheme=scheme)
    shown.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    shown.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert shown.evaluate("document.documentElement.scrollWidth") <= 390
    shown.select_option("#task", "text2rgb")
    assert shown.evaluate("document.documentElement.scrollWidth") <= 390


def test_dark_by_system_and_by_hand_charts_too(tab, address):
    def paper(page):
        colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
        return sum(int(part) for part in colour[4:-1].split(","))

    shown = tab(address, "#at=curves", color_scheme="dark")
    shown.wait_for_selector(".chart[data-drawn]")
    picture = "document.querySelector('.chart[data-drawn] canvas').toDataURL()"
    dark = shown.evaluate(picture)
    assert paper(shown) < 150
    shown.click("#theme")
    assert paper(shown) > 700
    assert shown.evaluate(picture) != dark


def test_comparison_says_in_words_what_can_be_told_apart(tab, address, report):
    shown = tab(address)
    text = shown.locator("#comparison").inner_text()
    assert "student.train.distillers.0.weight" in text
    mine = [one for one in report["comparison"]["differences"] if one["metric"] == "mAP"]
    assert text.count("cannot be told apart") - 1 == sum(not one["separable"] for one in mine)
    shown.select_option("#comparison select", "R1")
    assert "R1" in shown.locator("#comparison h3").first.inner_text()


def test_settings_and_sections_of_plugins(tab, until, address):
    shown = tab(address)
    text = shown.locator("#facts-of-runs").text_content()
    for words in ("embed_dim", '"PCM"', "reidbench_losses", "2.14.1", "made by an earlier run"):
        assert words in text
    plugins = shown.locator("#plugins")
    plugins.scroll_into_view_if_needed()
    assert "<b>markup</b> is text" in plugins.inner_text()
    assert "page.html" in plugins.inner_text()
    until(shown, "document.querySelector('#plugins img').naturalWidth === 320")
    assert plugins.locator("a").get_attribute("href") == "https://arxiv.org/abs/2602.12936"


def test_text_of_strangers_is_shown_and_not_followed(tab, write):
    text = "<b>bold</b><img src=x onerror=alert(1)></script><script>alert(2)</script>"
    report = sample(1, people=6)
    for one in report["items"].values():
        one.update(pid=text, caption=text, camera=text, modality="__proto__", thumb=None)
    report["title"] = report["runs"][0]["name"] = text
    report["runs"][0]["config"] = {"__proto__": text, text: [{text: text}]}
    report["sections"][0] |= {"title": text, "body": text + "\n\n[a](javascript:alert(3))"}
    report["missing"] = [text]
    shown = tab(write(report), "#at=%3Cimg%3E&query=__proto__&task=constructor")
    assert shown.locator("h1").inner_text() == text
    assert text in shown.locator("#query").inner_text()
    assert text in shown.locator("#facts-of-runs").text_content()
    assert shown.locator("#plugins a").count() == 0


def test_what_is_missing_breaks_nothing(tab, write):
    report = sample(1, people=4, of_each=1)
    parts = ("runs", "tasks", "rows", "losses", "validation", "cmc", "ap", "similarity", "spectrum",
             "map", "ranklists", "sections")  # fmt: skip
    for one in ({"title": "Empty"}, {"title": "Bare", **{part: [{}] for part in parts}}):
        shown = tab(write(one))
        shown.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert "made with reidbench" not in shown.inner_text("body").lower()
    for part in (*parts, "items", "thumbs"):
        shown = tab(write(report | {part: type(report[part])()}))
        shown.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert shown.locator("#contents a").count() >= 4


def test_pictures_beside_the_page_are_shown(tab, until, write):
    report = sample(1, people=6)
    thumbs = report["thumbs"]
    files = {f"{n}.webp": base64.b64decode(one.split(",")[1]) for n, one in enumerate(thumbs)}
    where = write(report | {"thumbs": [*files]}, files)
    shown = tab(where, beside=(where.removesuffix("report.html"),))
    until(
        shown, "[...document.querySelectorAll('#query .hit img')].some(i => i.naturalWidth === 40)"
    )
