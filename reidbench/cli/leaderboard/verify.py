"""reidbench leaderboard verify: score submissions again."""

from __future__ import annotations

import argparse
import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reidbench_registry import ConfigError, DataError

from ..parser import add_verb
from .shared import add_dir, add_forms, show

if TYPE_CHECKING:
    from ...leaderboard.repository import Repository
    from ...leaderboard.verify import Verdict

EPILOG = """examples:
  reidbench leaderboard verify --dir board
  reidbench leaderboard verify board/submissions/mine --check --markdown
  reidbench leaderboard verify --dir board --private qrcm=hidden.csv

Each submission is examined in a process of its own, within the benchmark's limits of memory and
time: files, sizes, digests, then every claimed figure against what the embeddings score under the
benchmark's manifest. What holds is written to results/. --check writes nothing, and stored results
must be what is found. Exit code 1: something does not hold. Entries that may be the same model are
flagged; with --strict a flag is a failure.
"""


def add_parser(actions: argparse._SubParsersAction) -> None:
    parser = add_verb(actions, "verify", "score submissions again, from their embeddings", EPILOG)
    parser.add_argument(
        "paths", nargs="*", type=Path, metavar="PATH", help="submissions (default: all)"
    )
    add_dir(parser)
    parser.add_argument("--check", action="store_true", help="write nothing")
    parser.add_argument("--strict", action="store_true", help="a flagged entry is a failure")
    parser.add_argument(
        "--private",
        nargs="+",
        default=[],
        metavar="BENCHMARK=TABLE",
        help="tables of private parts, which are scored, too",
    )
    add_forms(parser)
    parser.set_defaults(handler=handle)


def handle(arguments: argparse.Namespace) -> int:
    from ...leaderboard.repository import Repository
    from ...leaderboard.verify import verify

    paths: list[Path] = arguments.paths
    repository = Repository.open(paths[0].parent if paths else arguments.dir)
    # A result without a submission is somebody's claim, too.
    everything = sorted({*repository.submissions(), *repository.results()})
    entries = [_entry(repository, path) for path in paths] or everything
    private = dict(_private(repository, words) for words in arguments.private)
    verdicts = list(verify(repository, entries, private, arguments.check))
    flags = _flags(repository, verdicts)
    rows = [
        [v.entry, "wrong" if v.problems else _status(v), problem]
        for v in verdicts
        for problem in v.problems or flags.get(v.entry) or [""]
    ]
    from ...terminal.sheet import Sheet

    sheets = [Sheet(["entry", "status", "what"], rows, group=1)]
    if figures := [row for v in verdicts for row in _figures(v)]:
        columns = ["entry", "task", "mode", "mAP", "95% interval"]
        sheets.append(Sheet(columns, figures, right=["mAP"], group=2))
    plain = [
        {"entry": v.entry, "problems": v.problems, "flags": flags.get(v.entry, [])}
        | {"status": _status(v) if not v.problems else None}
        for v in verdicts
    ]
    wrong = any(v.problems for v in verdicts) or (arguments.strict and any(flags.values()))
    return show(arguments, f"{len(verdicts)} submissions verified", sheets, plain, not wrong)


def _entry(repository: Repository, path: Path) -> str:
    place = path.absolute()
    if place.parent != (repository.root / "submissions").absolute():
        raise ConfigError(f"{path}: no folder in {repository.root / 'submissions'}")
    return place.name


def _private(repository: Repository, words: str) -> tuple[str, Path]:
    name, equals, table = words.partition("=")
    if not equals:
        raise ConfigError(f"--private {words}: expected BENCHMARK=TABLE")
    return repository.chosen_benchmark(name), Path(table)


def _status(verdict: Verdict) -> str:
    return verdict.verified.record.status if verdict.verified else "wrong"


def _flags(repository: Repository, verdicts: list[Verdict]) -> dict[str, list[str]]:
    """entry -> lines about other entries that may be the same model."""
    from ...leaderboard import verified
    from ...leaderboard.board import twins

    known = {}
    for entry in repository.results():
        with contextlib.suppress(DataError):  # it is for `verify` and `build` to tell
            known[entry] = verified.read(repository.result(entry))
    known |= {v.entry: v.verified for v in verdicts if v.verified is not None}
    found: dict[str, list[str]] = {}
    for name in {one.benchmark for one in known.values()}:
        here = {entry: one for entry, one in known.items() if one.benchmark == name}
        for (entry, mode), lines in sorted(twins(here).items()):
            found.setdefault(entry, []).extend(f"{mode}: {line}" for line in lines)
    return {v.entry: found[v.entry] for v in verdicts if v.entry in found}


def _figures(verdict: Verdict) -> list[list[Any]]:
    if verdict.verified is None:
        return []
    from ..selection import interval, percent

    rows = []
    for row in verdict.verified.record.scores:
        name = "mAP" if "mAP" in row.metrics else next(iter(row.metrics))
        edges = row.interval.get(name)
        value = percent(row.metrics[name]) if name == "mAP" else f"{name} {row.metrics[name]:.3f}"
        rows.append([verdict.entry, row.identity.task.name, row.mode, value, interval(edges)])
    return rows
