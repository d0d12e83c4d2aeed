"""What a run shows: bars on a terminal, lines in a pipe, more or less of it as asked."""

import io
import json

import pytest
from rich.console import Console

from reidbench.terminal import reporter as module
from reidbench.terminal.reporter import LEVEL, Level, Reporter


@pytest.fixture
def clock(monkeypatch):
    """A clock that only moves when it is told to."""

    class Clock:
        now = 0.0

        def monotonic(self):
            return self.now

    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    return clock


def make(tmp_path, level=Level.NORMAL):
    file = io.StringIO()
    before = LEVEL.set(level)
    reporter = Reporter(tmp_path / "log.jsonl", Console(file=file, width=20))
    LEVEL.reset(before)
    return reporter, file


def logged(tmp_path):
    return [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]


def test_a_pipe_gets_a_line_of_progress_every_ten_seconds(tmp_path, clock):
    reporter, file = make(tmp_path)
    # Two batches a step, 3 seconds each; 4 of 100 steps are done before.
    for _ in reporter.track(range(10), "training", 100, 4, "step", items_per_unit=2):
        clock.now += 3
        reporter.note("loss 1.5")
    assert file.getvalue().splitlines() == [
        "          training: step 6 of 100, loss 1.5, 0.167 steps/s, 9:24 left",
        "          training: step 8 of 100, loss 1.5, 0.167 steps/s, 9:12 left",
    ]


def test_short_work_says_nothing_and_an_unknown_total_no_remaining_time(tmp_path, clock):
    reporter, file = make(tmp_path)
    assert list(reporter.track(range(1000), "reading")) == list(range(1000))
    assert file.getvalue() == ""
    for _ in reporter.track(iter(range(3)), "reading"):
        clock.now += 11
    assert file.getvalue().splitlines()[0] == "          reading: 1, 0.0909/s"


def test_quiet_shows_nothing_and_logs_all(tmp_path, clock):
    reporter, file = make(tmp_path, Level.QUIET)
    reporter.line("data", "10 items", number=10)
    for _ in reporter.track(range(3), "reading"):
        clock.now += 11
        reporter.note("x")
    assert file.getvalue() == ""
    assert [(r["stage"], r["event"], r["number"]) for r in logged(tmp_path)] == [
        ("data", "10 items", 10)
    ]


def test_verbose_shows_what_is_logged(tmp_path, clock):
    reporter, file = make(tmp_path, Level.VERBOSE)
    reporter.event("distill", "step", step=20, loss=1.23456, terms={"ID": 2.0}, none=None)
    assert file.getvalue() == " distill  step: step 20, loss 1.235, ID 2\n"
    normal, file = make(tmp_path)
    normal.event("distill", "step", step=20)
    assert file.getvalue() == "" and len(logged(tmp_path)) == 2


def test_a_terminal_gets_a_bar(tmp_path):
    file = io.StringIO()
    reporter = Reporter(tmp_path / "log.jsonl", Console(file=file, width=60, force_terminal=True))
    for _ in reporter.track(range(4), "training student", 8, 4, "step"):
        reporter.note("loss 1.234")
    reporter.note("after the bar")
    assert "training student" in file.getvalue() and "8/8" in file.getvalue()
    assert "…" not in file.getvalue()
