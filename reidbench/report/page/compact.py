"""A report, packed for the page: every part is there, items are numbers, hits are short arrays.

`script/data.js` unpacks what this file packs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...web.plain import plain
from . import pictures
from .markdown import tree

PARTS: dict[str, dict[str, Any]] = {
    "runs": {
        "label": "", "name": "", "protocol": None, "dataset": None, "revision": None,
        "licence": None, "synthetic": False, "seed": None, "status": None, "config": None,
        "components": [], "environment": None, "counts": [], "stages": [], "conditions": {},
        "cost": {}, "trained_on": [],
    },
    "tasks": {
        "name": "", "query": None, "gallery": None, "identity": None, "n_query": None,
        "n_valid": None, "n_gallery": None, "chance_R1": None, "exclude": None, "trials": None,
    },
    "rows": {
        "run": "", "task": "", "mode": "", "metrics": {}, "interval": {}, "bracket": {},
        "last": None, "collapsed": False,
    },
    "losses": {"run": "", "stage": "", "term": "", "steps": [], "values": []},
    "validation": {
        "run": "", "stage": "", "name": "", "metric": "", "steps": [], "values": [], "taken": None,
    },
    "cmc": {"run": "", "task": "", "mode": "", "ranks": [], "values": [], "low": [], "high": []},
    "ap": {"run": "", "task": "", "mode": "", "edges": [], "counts": []},
    "similarity": {
        "run": "", "task": "", "mode": "", "edges": [], "positives": [], "negatives": [],
    },
    "spectrum": {"run": "", "model": "", "energy": [], "components": []},
}  # fmt: skip
"""Part -> its fields and what stands for one that is not there."""
DIGITS = 4
"""Significant digits of coordinates and similarities, of which there are many."""


class _Items:
    """Items by number, in the order in which they are first named."""

    def __init__(self, known: Mapping[str, Any], thumbs: int) -> None:
        self.known, self.thumbs = known, thumbs
        self.numbers: dict[str, int] = {}
        self.packed: list[list[Any]] = []

    def number(self, item: Any) -> int:
        item = str(item)
        if item not in self.numbers:
            self.numbers[item] = len(self.packed)
            facts = self.known.get(item) or {}
            thumb = facts.get("thumb")
            if not isinstance(thumb, int) or not 0 <= thumb < self.thumbs:
                thumb = None
            names = ("pid", "modality", "camera", "caption")
            self.packed.append(plain([item, *(facts.get(name) for name in names), thumb]))
        return self.numbers[item]


def compact(report: Mapping[str, Any]) -> dict[str, Any]:
    """The report as the page's JSON value: a missing part is an empty one."""
    thumbs = [pictures.thumb(one) for one in report.get("thumbs") or []]
    items = _Items(report.get("items") or {}, len(thumbs))
    packed: dict[str, Any] = {
        part: [_filled(one, fields) for one in report.get(part) or []]
        for part, fields in PARTS.items()
    }
    packed["ranklists"] = [_ranklist(one, items) for one in report.get("ranklists") or []]
    packed["map"] = [_map(one, items) for one in report.get("map") or []]
    comparison = report.get("comparison") or {}
    packed["comparison"] = {
        name: plain(comparison.get(name) or []) for name in ("differences", "config")
    }
    packed["sections"] = [_section(one) for one in report.get("sections") or []]
    packed["missing"] = [plain(str(one)) for one in report.get("missing") or []]
    return packed | {"items": items.packed, "thumbs": thumbs}


def _filled(value: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    def one(name: str, default: Any) -> Any:
        found = value.get(name)
        return default if found is None else plain(found)

    return {name: one(name, default) for name, default in fields.items()}


def _ranklist(value: Mapping[str, Any], items: _Items) -> dict[str, Any]:
    reasons: dict[str, int] = {}

    def hit(one: Mapping[str, Any]) -> list[Any]:
        excluded = one.get("excluded")
        found = [items.number(one["item"]), one.get("rank"),
                 plain(one.get("similarity"), DIGITS), int(bool(one.get("right")))]  # fmt: skip
        if excluded is None and one.get("rank") is not None:
            return found
        return [*found, reasons.setdefault(excluded or "not ranked", len(reasons))]

    queries = [
        {
            "item": items.number(one["item"]),
            "why": plain(one.get("why") or []),
            "AP": plain(one.get("AP") or {}),
            "lists": {
                plain(name): [hit(each) for each in hits or []]
                for name, hits in (one.get("lists") or {}).items()
            },
        }
        for one in value.get("queries") or []
    ]
    return {
        "task": plain(value.get("task") or ""),
        "queries": queries,
        "reasons": plain([*reasons]),
    }


def _map(value: Mapping[str, Any], items: _Items) -> dict[str, Any]:
    fields = {"run": "", "model": "", "method": "", "explained": None}
    return _filled(value, fields) | {
        "x": plain(value.get("x") or [], DIGITS),
        "y": plain(value.get("y") or [], DIGITS),
        "item": [items.number(item) for item in value.get("item") or []],
    }


def _section(value: Mapping[str, Any]) -> dict[str, Any]:
    shown, refused = {}, []
    for one in value.get("assets") or []:
        name = plain(str(one.get("name") or ""))
        address = pictures.asset(one.get("media"), one.get("data"))
        if address is None:
            refused.append(name)
        else:
            shown[name] = address
    return {
        "title": plain(str(value.get("title") or "")),
        "owner": plain(str(value.get("owner") or "")),
        "body": tree(plain(str(value.get("body") or ""))),
        "assets": shown,
        "refused": refused,
    }
