"""The report of one run or several: one value of plain JSON, with everything that its page shows.

Whatever cannot be shown is a line of `missing`, and the rest is shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from reidbench_registry import ConfigError, Record, ReidbenchError

from ..evaluation.scoring import records_of
from ..results import provenance
from ..results.rows import Row
from . import curves, described, distributions, lists
from .compared import comparison
from .embedding_map import check_method, chosen_items, embedding_map
from .energy import energy
from .inputs import Inputs, Options
from .looks import Looked, look
from .shown import Query, figure_of, queries_of
from .thumbs import Thumbs, as_uri, thumbs

SCHEMA = 1
MAP_THUMBS = 600
"""Items of the map, beyond those of ranked lists, that have a picture in a page."""


@dataclass(frozen=True)
class Built:
    report: dict[str, Any]
    pictures: dict[str, bytes] = field(default_factory=dict)
    """Name of the file beside the page -> WebP; empty when they are in the page"""
    thumbs: dict[str, bytes] = field(default_factory=dict)
    """item -> WebP"""


def report(runs: Sequence[Inputs], options: Options | None = None) -> dict[str, Any]:
    """The report's value. Raises as `build`."""
    return build(runs, options).report


def build(runs: Sequence[Inputs], options: Options | None = None, folder: str = "") -> Built:
    """The report and its pictures; with `options.full` the report names files in `folder` beside
    the page.

    Raises ConfigError for runs of which a task does not mean the same, and for a map whose library
    is missing."""
    options = options or Options()
    check_method(options.map)
    if not runs:
        raise ConfigError("a report needs at least one run")
    compared = comparison(runs)
    made = _Parts(runs, options)
    for run in runs:
        made.add_curves(run)
        made.add_models(run)
    for name in made.tasks:
        made.add_task(name)
    named = made.named()
    small = made.thumbs(named)
    uris = [as_uri(content) for content in small.files]
    pictures = {}
    if options.full:
        uris = [f"{folder}/{i}.webp" for i in range(len(small.files))]
        pictures = dict(zip(uris, small.files, strict=True))
    value = {
        "schema": SCHEMA,
        "title": " / ".join(run.name for run in runs),
        "reidbench": provenance.version(),
        "runs": [described.run(run) for run in runs],
        "tasks": [described.task(row) for row in made.tasks.values()],
        "rows": [described.row(run.label, row) for run in runs for row in run.record.scores],
        **made.parts,
        "items": lists.items(named, made.records, small.place),
        "thumbs": uris,
        "comparison": compared,
        "sections": [_section(*one) for one in runs[0].sections] if len(runs) == 1 else [],
        "missing": list(dict.fromkeys([*made.missing, *small.missing])),
    }
    return Built(value, pictures, {item: small.files[i] for item, i in small.place.items()})


class _Parts:
    """The lists of a report while they grow."""

    def __init__(self, runs: Sequence[Inputs], options: Options) -> None:
        self.runs, self.options = runs, options
        keys = ["losses", "validation", "cmc", "ap", "similarity", "spectrum", "map", "ranklists"]
        self.parts: dict[str, list[dict[str, Any]]] = {key: [] for key in keys}
        self.missing = [line for run in runs for line in run.missing]
        self.records: dict[str, Record] = {}
        for run in reversed(runs):
            self.records |= {r.item_id: r for r in run.records}
        self.tasks: dict[str, Row] = {}
        for run in runs:
            for row in run.record.scores:
                self.tasks.setdefault(row.identity.task.name, row)
        if len(runs) > 1 and any(run.sections for run in runs):
            self.missing.append("sections of plugins are shown in the report of each run alone")

    def add_curves(self, run: Inputs) -> None:
        lines, missing = curves.losses(run)
        self.parts["losses"] += lines
        self.parts["validation"] += curves.validation(run)
        self.missing += missing
        if run.log is None and run.config:
            self.missing.append(f"run {run.label}: no loss curves, there is no log")

    def add_models(self, run: Inputs) -> None:
        """Spectrum and map of each model."""
        known = {r.item_id: r for r in run.records}
        # All runs show the same people.
        items = chosen_items(records_of(run.tasks, run.records))
        for model, bank in run.banks.items():
            try:
                curve, line = energy(bank, known)
                self.parts["spectrum"].append({"run": run.label, "model": model, **curve})
                if line:
                    self.missing.append(f"run {run.label}, spectrum of the {model}: {line}")
            except ReidbenchError as error:
                self.missing.append(f"run {run.label}, spectrum of the {model}: {error}")
            found = embedding_map(bank, items, self.options.map)
            if found is None:
                self.missing.append(f"run {run.label}: no map of the {model}, too few items")
            else:
                self.parts["map"].append({"run": run.label, "model": model, **found})

    def add_task(self, name: str) -> None:
        """Everything of a task in all modes of all runs."""
        queries = queries_of(name, self.runs, self.options.queries)
        shown = [q.item for q in queries]
        found: dict[str, dict[str, list[dict[str, Any]]]] = {}
        seen: list[Looked] = []
        rule = self.tasks[name].identity.task.exclude
        for run in self.runs:
            for row in run.record.scores:
                if row.identity.task.name != name:
                    continue
                self._add_figures(run, row)
                looked = self._look(run, row, shown)
                if looked is not None:
                    self._add_look(run, row, looked)
                    found[f"{run.label}/{row.mode}"] = lists.lists_of(looked, rule)
                    seen.append(looked)
        self.missing += lists.left_out(seen, self.options.k)
        self.parts["ranklists"].append(
            {"task": name, "queries": [_shown(query, found) for query in queries]}
        )

    def _look(self, run: Inputs, row: Row, shown: Sequence[str]) -> Looked | None:
        """None, with a line, where the embeddings are not there or not those that were scored."""
        task, pair = run.task(row.identity.task.name), run.pairs.get(row.mode)
        where = f"run {run.label}, {row.identity.task.name}, {row.mode}: no lists, CMC curve and "
        where += "similarities"
        if task is None or pair is None:
            what = "task is not known here" if task is None else "embeddings are not there"
            self.missing.append(f"{where}, the {what}")
            return None
        try:
            looked = look(task, run.records, pair, shown, self.options.k)
        except ReidbenchError as error:
            self.missing.append(f"{where}, {error}")
            return None
        if why := described.differs(described.mean_hits(looked.first_hit), row):
            self.missing.append(f"{where}, {why}")
            return None
        return looked

    def _add_look(self, run: Inputs, row: Row, looked: Looked) -> None:
        where = {"run": run.label, "task": row.identity.task.name, "mode": row.mode}
        pids = [r.pid for r in looked.queries]
        self.parts["cmc"].append(where | distributions.cmc(looked.first_hit, pids))
        if bars := distributions.similarity(looked.similarities):
            self.parts["similarity"].append(where | bars)

    def _add_figures(self, run: Inputs, row: Row) -> None:
        key = row.identity.task.name, row.mode
        figures = run.per_query[key].figures if key in run.per_query else {}
        if "mAP" in figures:
            where = {"run": run.label, "task": key[0], "mode": key[1]}
            self.parts["ap"].append(where | distributions.ap(figures["mAP"]))
        else:
            other = "" if figure_of(figures) is None else ": queries are chosen by another figure"
            self.missing.append(f"run {run.label}, {', '.join(key)}: no average precision{other}")

    def named(self) -> list[str]:
        """Every item that the report names, most important ones first."""
        queries = [q for task in self.parts["ranklists"] for q in task["queries"]]
        items = [q["item"] for q in queries]
        hits = [h for q in queries for of_list in q["lists"].values() for h in of_list]
        items += [h["item"] for h in sorted(hits, key=lambda h: h["rank"] or 0)]
        items += [item for one in self.parts["map"] for item in one["item"]]
        return list(dict.fromkeys(items))

    def thumbs(self, named: Sequence[str]) -> Thumbs:
        """Pictures of the named items."""
        opened = [run.pictures for run in self.runs if run.pictures is not None]
        if not opened:
            return Thumbs({}, [], ["no pictures: the folder that holds them was not given"])
        queries = [q for task in self.parts["ranklists"] for q in task["queries"]]
        listed = {q["item"] for q in queries}
        listed |= {h["item"] for q in queries for hits in q["lists"].values() for h in hits}
        rest = [item for item in named if item not in listed]
        kept = rest if self.options.full else rest[:MAP_THUMBS]
        wanted = [*(item for item in named if item in listed), *kept]
        paths, refused = {}, 0
        for item in wanted:
            record = self.records[item]
            path = lists.picture(record, self.records, opened[0])
            if path is not None:
                paths[item] = path
            elif record.path is not None:
                refused += 1
        small = thumbs(paths, self.options.full)
        if refused:
            small.missing.append(f"{refused} pictures lie outside the folder that was given")
        return small


def _shown(query: Query, found: Mapping[str, Mapping[str, list]]) -> dict[str, Any]:
    lists_of = {key: of[query.item] for key, of in found.items() if query.item in of}
    return {"item": query.item, "why": query.why, "AP": query.figures, "lists": lists_of}


def _section(owner: Any, section: Any) -> dict[str, Any]:
    return {
        "title": section.title,
        "body": section.body,
        "owner": f"{owner.distribution} {owner.version}",
        "assets": [],
    }
