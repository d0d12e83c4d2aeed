"""The leaderboard's page in a browser: its size, the time to open it, the time of a keystroke.

    python benchmarks/page.py                   # 2,016 rows, 20 rounds
    python benchmarks/page.py --entries 20      # 360 rows
    python benchmarks/page.py --keep page.html  # and keep the page

The board is a made-up one (tests/leaderboard/board_sample.py). It is opened from a file in headless
Chromium, which must be installed (`chromium`), with Playwright (`pip install playwright`).

`open` is the time from the start of the navigation until the load event is over (the tables stand
by then). `keystroke`, `filter`, `sort` and `metric` run from the event's handler until the browser
has painted the frame with the change. Medians; the largest of the rounds stands beside.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from reidbench.leaderboard.page.html import page

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "leaderboard"))
from board_sample import sample

OPENED = """() => new Promise((done) => setTimeout(() => {
  const [entry] = performance.getEntriesByType('navigation');
  done(entry.loadEventEnd);
}))"""


@contextmanager
def tab() -> Iterator[Page]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        raise SystemExit("chromium is not installed")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser.new_page(viewport={"width": 1280, "height": 900})
        browser.close()


def update(shown: Page, action: str) -> float:
    """Milliseconds that the page itself took for what `action` (JavaScript) sets off."""
    shown.evaluate("delete document.documentElement.dataset.update")
    shown.evaluate(action)
    shown.wait_for_selector("html[data-update]", state="attached")
    return float(shown.evaluate("document.documentElement.dataset.update"))


def typed(text: str) -> str:
    return (
        "(() => { const box = document.getElementById('search');"
        f"box.value = '{text}'; box.dispatchEvent(new Event('input')); }})()"
    )


def chosen(name: str, place: int) -> str:
    return (
        f"(() => {{ const one = document.getElementById('{name}'); one.selectedIndex = {place};"
        "one.dispatchEvent(new Event('change')); })()"
    )


def measure(shown: Page, address: str, rounds: int) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {}
    for _ in range(rounds):
        shown.goto("about:blank")
        shown.goto(address)
        times.setdefault("open", []).append(shown.evaluate(OPENED))
    words = ["a", "au", "aut", "pcm", "pc", "p", "distil", "7", "", "zzz"]
    for n in range(rounds):
        times.setdefault("keystroke", []).append(update(shown, typed(words[n % len(words)])))
    update(shown, typed(""))
    for n in range(rounds):
        times.setdefault("filter", []).append(update(shown, chosen("filter-mode", n % 4)))
    update(shown, chosen("filter-mode", 0))
    for n in range(rounds):
        click = f"document.querySelectorAll('.board:first-of-type .by-column')[{n % 8}].click()"
        times.setdefault("sort", []).append(update(shown, click))
    for n in range(rounds):
        times.setdefault("metric", []).append(update(shown, chosen("metric", n % 5)))
    return times


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--entries", type=int, default=112, help="18 rows each (default: 112)")
    parser.add_argument("--rounds", type=int, default=20, help="default: 20")
    parser.add_argument("--keep", type=Path, metavar="FILE", help="write the page to FILE")
    arguments = parser.parse_args()
    board = sample(arguments.entries)
    text = page(board)
    with tempfile.TemporaryDirectory() as folder, tab() as shown:
        place = arguments.keep or Path(folder) / "index.html"
        place.write_text(text, encoding="utf-8")
        times = measure(shown, place.resolve().as_uri(), arguments.rounds)
        elements = shown.evaluate("document.querySelectorAll('*').length")
    print(f"rows       {len(board['rows']):8,}")
    print(f"size       {len(text.encode()) / 1e6:8.2f} MB")
    print(f"elements   {elements:8,}")
    for name, values in times.items():
        print(f"{name:<10} {statistics.median(values):8.0f} ms   (largest {max(values):.0f})")


if __name__ == "__main__":
    main()
