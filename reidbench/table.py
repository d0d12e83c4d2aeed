"""The final table of a run."""

from __future__ import annotations

from typing import Any

from rich.table import Table


def result_table(result: dict[str, Any]) -> Table:
    """task x mode x metrics, in percent, under the protocol's name."""
    card = result["dataset"]
    rows = result["scores"]
    names = list(rows[0]["metrics"])
    data = f"{card['name']}{' (synthetic)' if card['synthetic'] else ''}"
    title = f"{result['protocol'] or rows[0]['identity']['task']['name']} on {data}"
    if result["seed"] is not None:
        title += f", seed {result['seed']}"
    table = Table(
        title=title,
        caption=caption(rows),
        title_justify="left",
        caption_justify="left",
    )
    table.add_column("task", overflow="fold")
    table.add_column("mode")
    for name in names:
        table.add_column(name, justify="right")
    previous = None
    for row in rows:
        task = row["identity"]["task"]["name"]
        if previous not in (None, task):
            table.add_section()
        table.add_row(
            task if task != previous else "",
            row["mode"],
            *(f"{100 * row['metrics'][name]:.1f}" for name in names),
        )
        previous = task
    return table


def caption(rows: list[dict[str, Any]]) -> str:
    """What a reader of the figures must know beside them."""
    chance = sum(r["chance_R1"] for r in rows) / len(rows)
    skipped = {r["identity"]["task"]["name"]: r["n_query"] - r["n_valid"] for r in rows}
    words = [f"percent; chance R1 {100 * chance:.1f}"]
    words += [f"{n} queries of {t} have no positive" for t, n in skipped.items() if n]
    if any("fused" in r for r in rows):
        words.append("composite queries fused by the harness")
    if any(r["collapsed"] for r in rows):
        words.append("many similarities are equal: a collapsed model")
    return "; ".join(words)
