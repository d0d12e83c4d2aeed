"""README.md of a hosted leaderboard."""

from __future__ import annotations

from collections import Counter
from typing import Any

from .board import STATUS, Board, Table, leading, percent, remarks, tables
from .escape import address, markdown

ROWS = 50
"""Rows that one table shows; a code host cuts long pages."""


def readme(board: Board) -> str:
    """The board as Markdown: a table for each benchmark and task, reported rows apart from those
    with a rank. All strings of the board are shown as text."""
    parts = [f"# {markdown(board['title'])}"]
    if board["description"]:
        parts.append(markdown(board["description"], 2000))
    parts += ["## What a row means", _legend(board)]
    name = None
    for table in tables(board):
        if table.benchmark["name"] != name:
            name = table.benchmark["name"]
            parts += [f"## {markdown(table.benchmark['title'])}", _benchmark(table.benchmark)]
        mode = f", {markdown(table.mode)}" if table.mode else ""
        parts += [f"### {markdown(table.task['name'])}{mode}", _task(table.task), _ranked(table)]
    reported = [row for row in board["rows"] if row["status"] == "reported"]
    if reported:
        parts += ["## Reported, not verified", _REPORTED, *_reported(reported)]
    return "\n\n".join(parts) + "\n"


def _legend(board: Board) -> str:
    used = {row["status"] for row in board["rows"]}
    lines = [f"- **{word}**: {text}." for word, text in STATUS.items() if word in used]
    lines += [
        "- **Rank**: rows whose difference the queries of the test cannot show share a rank, "
        "written `2=`.",
        "- Figures are in percent, with the 95% interval by resampled persons in brackets.",
        "- Each table holds one protocol (the same items, task and rules; its identity is their "
        "hash) in one deployment mode. Ranks are within a table.",
    ]
    if any(row["private"] for row in board["rows"]):
        lines.append(
            "- **Private rank**: rank on a part of the test that is not published; in brackets "
            "the places lost against the public part (`-1`: one place gained)."
        )
    return "\n".join(lines)


def _benchmark(benchmark: dict[str, Any]) -> str:
    words = [
        f"Data set {markdown(benchmark['dataset'])}",
        f"revision {markdown(benchmark['revision'])}",
        f"licence {markdown(benchmark['licence'])}",
        f"{benchmark['items']:,} items",
        f"fingerprint `{benchmark['fingerprint'][:12]}`",
    ]
    return f"{', '.join(words)}{' (synthetic)' if benchmark['synthetic'] else ''}."


def _task(task: dict[str, Any]) -> str:
    sizes = task["n_gallery"]
    ends = sorted({min(sizes), max(sizes)}) if isinstance(sizes, list) else [sizes]
    gallery = " to ".join(f"{n:,}" for n in ends)
    return (
        f"{markdown(task['query'])} → {markdown(task['gallery'])}: {task['n_query']:,} queries "
        f"({task['n_valid']:,} with a match), gallery of {gallery}; R1 of a random order "
        f"{percent(task['chance_R1'])}. Identity `{task['identity'][:12]}`."
    )


def _ranked(table: Table) -> str:
    if not table.rows:
        return "No entries yet."
    first = leading(table.benchmark["metrics"])
    others = [name for name in table.benchmark["metrics"] if name != first]
    private = any(row["private"] for row in table.rows)
    shared = Counter(row["rank"].get(first) for row in table.rows)
    lines = []
    for row in table.rows[:ROWS]:
        rank = row["rank"].get(first)
        words = [
            "" if rank is None else f"{rank}{'=' if shared[rank] > 1 else ''}",
            _title(row),
            _figure(row, first, row["interval"].get(first)),
            *(_figure(row, name) for name in others),
            row["status"],
            markdown("; ".join(remarks(row, first)), 400),
        ]
        lines.append(words + ([_private(row, first)] if private else []))
    heads = ["rank", "entry", first, *others, "status", "conditions"]
    heads += ["private rank"] if private else []
    return _table(heads, lines, {"rank", first, *others}, len(table.rows))


_REPORTED = """Figures that a paper or a README states. Nobody has checked them here, and their
protocol may differ from that of the tables above and from each other: they have no rank."""


def _reported(rows: list[dict[str, Any]]) -> list[str]:
    groups: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for row in rows:
        key = row["dataset"], row["query"], row["gallery"] or ""
        groups.setdefault(key, []).append(row)
    parts = []
    for (dataset, query, gallery), group in sorted(groups.items()):
        names = list(dict.fromkeys(name for row in group for name in row["metrics"]))
        lines = [
            [
                _title(row),
                *(_figure(row, name) for name in names),
                markdown(row["source"] or "", 200),
                markdown("; ".join(remarks(row, leading(names))), 400),
            ]
            for row in group[:ROWS]
        ]
        way = f"{markdown(query)} → {markdown(gallery)}" if gallery else markdown(query)
        parts.append(f"### {markdown(dataset)}: {way} (reported)")
        parts.append(_table(["entry", *names, "source", "notes"], lines, set(names), len(group)))
    return parts


def _title(row: dict[str, Any]) -> str:
    title, url = markdown(row["title"]) or markdown(row["entry"]), address(row["url"])
    return f"[{title}](<{url}>)" if url else title


def _figure(row: dict[str, Any], name: str, interval: list[float] | None = None) -> str:
    if name not in row["metrics"]:
        return "-"
    value = percent(row["metrics"][name])
    return f"{value} ({percent(interval[0])} to {percent(interval[1])})" if interval else value


def _private(row: dict[str, Any], name: str) -> str:
    part = row["private"]
    if not part or part["rank"].get(name) is None:
        return ""
    delta = part["delta"].get(name)
    return f"{part['rank'][name]}" + ("" if delta is None else f" ({delta:+d})")


def _table(heads: list[str], lines: list[list[str]], right: set[str], number: int) -> str:
    rule = ["--:" if head in right else "---" for head in heads]
    rows = [[markdown(head) for head in heads], rule, *lines]
    text = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    more = number - len(lines)
    if not more:
        return text
    return f"{text}\n\n{more:,} more row{'s' * (more > 1)}: [leaderboard.csv](page/leaderboard.csv)"
