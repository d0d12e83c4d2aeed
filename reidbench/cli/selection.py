"""What `show` and `compare` share: which rows are shown, and in what form."""

from __future__ import annotations

import argparse
from collections.abc import Iterable

from reidbench_registry import ConfigError, did_you_mean


def add_selection(parser: argparse.ArgumentParser) -> None:
    """`--task`, `--mode`, `--metrics` and the forms of output."""
    parser.add_argument("--task", nargs="+", metavar="TASK", help="only these tasks")
    parser.add_argument("--mode", nargs="+", metavar="MODE", help="only these modes")
    parser.add_argument("--metrics", nargs="+", metavar="METRIC", help="only these metrics")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--long", action="store_true", help="one line for each figure")
    form.add_argument("--markdown", action="store_true", help="print a Markdown table (percent)")
    form.add_argument(
        "--csv", action="store_true", help="print CSV, one line for each figure (fractions)"
    )
    form.add_argument("--json", action="store_true", help="print JSON (fractions)")


def check_known(what: str, given: Iterable[str] | None, known: Iterable[str]) -> None:
    """Raises ConfigError for a given name that is not known."""
    known = list(dict.fromkeys(known))
    for name in given or ():
        if name not in known:
            raise ConfigError(
                f"--{what}: no result has {name!r}{did_you_mean(name, known)} "
                f"(they have: {', '.join(known)})"
            )


def percent(value: float, sign: str = "") -> str:
    return f"{100 * value:{sign}.1f}"


def interval(edges: Iterable[float] | None, sign: str = "") -> str:
    """`(28.0, 32.1)`; `(?)` where there was nothing to resample."""
    if edges is None:
        return "(?)"
    low, high = (percent(edge, sign) for edge in edges)
    return f"({low}, {high})"


def fractions(*values: float | None) -> list[str]:
    """Cells of a CSV."""
    return ["" if value is None else repr(float(value)) for value in values]
