"""The leaderboard's page in headless Chromium, opened from a file."""

import sys
from pathlib import Path

import pytest

from reidbench.leaderboard.page.html import page

sys.path.insert(0, str(Path(__file__).parent))
from board_sample import sample

pytestmark = pytest.mark.browser

TITLES = ".board:not([hidden]) .open"


@pytest.fixture(scope="module")
def board():
    return sample(4)


@pytest.fixture(scope="module")
def write(tmp_path_factory):
    """A board -> the address of its page."""

    def write(board):
        place = tmp_path_factory.mktemp("page") / "index.html"
        place.write_text(page(board), encoding="utf-8")
        return place.as_uri()

    return write


@pytest.fixture(scope="module")
def address(write, board):
    return write(board)


def first(shown, selector):
    return shown.locator(".board:not([hidden])").first.locator(selector)


def test_ranks_stand_in_order_and_within_a_mode(tab, address, board):
    shown = tab(address)
    rows = [r for r in board["rows"] if r["benchmark"] == "drawn" and r["task"] == "ir2rgb"]
    rows.sort(key=lambda r: (r["mode"], r["rank"]["mAP"], -r["metrics"]["mAP"]))
    assert first(shown, ".open").all_inner_texts() == [row["title"] for row in rows]
    ranks = [
        f"{r['rank']['mAP']}" + "=" * (sum(
            o["mode"] == r["mode"] and o["rank"]["mAP"] == r["rank"]["mAP"] for o in rows) > 1)
        for r in rows
    ]  # fmt: skip
    assert [x.split()[0] for x in first(shown, "td.c-rank").all_inner_texts()] == ranks
    assert any("=" in rank for rank in ranks)
    assert shown.locator("#reported").inner_text().count("reported") == 5
    assert shown.locator("#reported td.c-rank").count() == 0


def test_sorting_by_mouse_and_keyboard(tab, address):
    shown = tab(address)
    head = first(shown, "th:has-text('R10')")
    values = first(shown, "td[data-label='R10'] .value")
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    falling = [float(text) for text in values.all_inner_texts()]
    assert falling == sorted(falling, reverse=True)
    head.locator("button").press("Enter")
    assert head.get_attribute("aria-sort") == "ascending"
    assert [float(text) for text in values.all_inner_texts()] == falling[::-1]
    assert first(shown, "th[aria-sort]").count() == 1


def test_filters_and_search_are_kept_in_the_address(tab, address, board):
    shown = tab(address)
    shown.select_option("#filter-mode", "edge")
    shown.select_option("#filter-query", "ir")
    shown.fill("#search", "PCM fr")
    fitting = [
        r for r in board["rows"]
        if r["mode"] == "edge" and r["query"] == "ir" and "fr" in r["title"].lower()
    ]  # fmt: skip
    shown.wait_for_url("**q=PCM*")
    assert shown.locator(TITLES).count() == len(fitting) > 0
    assert shown.locator("#count").inner_text().startswith(f"{len(fitting)} of ")
    again = tab(address, shown.url.removeprefix(address))
    assert again.locator(TITLES).count() == len(fitting)
    assert again.input_value("#search") == "PCM fr"
    shown.click("#reset")
    assert shown.locator("#count").inner_text() == f"{len(board['rows'])} rows"
    shown.fill("#search", "no such entry")
    assert shown.locator("#count").inner_text() == "No row fits"


def test_conditions_filter(tab, address, board):
    shown = tab(address)
    shown.select_option("#filter-tta", "none")
    shown.select_option("#filter-status", "rescored")
    plain = [
        r for r in board["rows"]
        if r["status"] == "rescored" and not r["conditions"]["test_time_augmentation"]
    ]  # fmt: skip
    assert shown.locator(TITLES).count() == len(plain) > 0


def test_another_metric_ranks(tab, address):
    shown = tab(address)
    shown.select_option("#metric", "mINP")
    assert first(shown, "td.chosen").first.get_attribute("data-label") == "mINP"


def test_details_by_keyboard_and_by_address(until, tab, address, board):
    shown = tab(address)
    shown.locator(TITLES).first.focus()
    shown.keyboard.press("ArrowDown")
    second = shown.locator(TITLES).nth(1)
    shown.keyboard.press("Enter")
    dialog = shown.locator("#dialog")
    assert dialog.locator("h2").inner_text() == second.inner_text()
    text = dialog.inner_text()
    assert board["benchmarks"][0]["tasks"][0]["identity"] in text
    for word in ("95 % interval", "bracket", "Selection of weights", "Provenance", "GFLOPs"):
        assert word in text
    assert "row=" in shown.url
    linked = tab(address, "#row=entry-2/photos/text2rgb/edge")
    assert "seed 2" in linked.locator("#dialog").inner_text()
    record = linked.locator("#dialog a", has_text="results/entry-2").get_attribute("href")
    assert record == "../results/entry-2/photos.json"
    shown.keyboard.press("Escape")
    assert not dialog.is_visible()
    until(shown, "!location.hash.includes('row=')")
    assert second.evaluate("element => element === document.activeElement")


def test_selected_weights_stand_beside_the_last_step(tab, address):
    shown = tab(address, "#row=entry-1/drawn/ir2rgb/edge")
    text = shown.locator("#dialog table").inner_text()
    assert "selected weights" in text and "last step (500)" in text


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_cards_and_never_scrolls_sideways(tab, address, scheme):
    shown = tab(address, viewport={"width": 360, "height": 740}, color_scheme=scheme)
    assert shown.evaluate("document.documentElement.scrollWidth") <= 360
    assert first(shown, "thead").is_hidden()
    shown.locator(TITLES).first.click()
    assert shown.evaluate("document.getElementById('dialog').scrollWidth") <= 360
    assert shown.locator("#close").is_visible()


def test_dark_by_system_and_by_hand(tab, address):
    def paper(page):
        colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
        return sum(int(part) for part in colour[4:-1].split(","))

    shown = tab(address, color_scheme="dark")
    assert paper(shown) < 150
    shown.click("#theme")
    assert shown.locator("#theme").inner_text() == "Theme: light"
    assert paper(shown) > 700
    shown.reload()
    assert paper(shown) > 700


def test_the_plot_is_drawn_from_one_board(tab, address):
    shown = tab(address, "#plot=1&cost=bytes_per_item")
    assert "bytes" in shown.get_attribute("#canvas", "aria-label").lower()
    assert "12 rows" in shown.get_attribute("#canvas", "aria-label")
    assert shown.locator("#canvas").bounding_box()["height"] > 200
    shown.select_option("#filter-mode", "edge")
    assert "4 rows" in shown.get_attribute("#canvas", "aria-label")


def test_the_private_part_has_a_column_only_where_there_is_one(tab, address):
    shown = tab(address)
    columns = [board.locator("th.c-delta").count() for board in shown.locator(".board").all()]
    assert columns == [0, 0, 0, 1, 1, 1, 0, 0]


def test_text_of_strangers_is_shown_and_not_followed(tab, write):
    board = sample(1)
    for row in board["rows"]:
        row |= {
            "title": "<b>bold</b><img src=x onerror=alert(1)>",
            "authors": "</script><script>alert(2)</script>",
            "url": "javascript:alert(3)",
            "source": " java\nscript:alert(4)",
            "record": "javascript:alert(5)",
            "mode": "__proto__",
        }
    board["rows"][1]["url"] = "https://example.org/a?b=<c>"
    shown = tab(write(board))
    assert shown.locator(TITLES).first.inner_text() == board["rows"][0]["title"]
    shown.locator(TITLES).first.click()
    addresses = shown.locator("#dialog a").evaluate_all("all => all.map(one => one.href)")
    assert all(one.startswith(("file:", "https:")) for one in addresses)
    assert "javascript:alert(3)" in shown.locator("#dialog").inner_text()


def test_a_board_without_rows_says_so(tab, write):
    empty = {"schema": 1, "title": "Empty", "description": "", "benchmarks": [], "rows": []}
    assert tab(write(empty)).locator("#count").inner_text() == "0 rows"


def test_a_large_board_stays_quick(tab, write, capsys):
    board = sample(112)
    shown = tab(write(board))
    shown.locator("#search").press_sequentially("pcm")
    shown.wait_for_selector("html[data-update]", state="attached")
    with capsys.disabled():
        took = shown.get_attribute("html", "data-update")
        print(f"\na keystroke with {len(board['rows'])} rows: {took} ms")
    more = shown.locator(".more:visible").first
    rows = first(shown, "tbody tr")
    before = rows.count()
    more.click()
    assert rows.count() > before
