"""What a row of the table costs: parameters, arithmetic of a query, time, memory."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

from reidbench_registry import Record, ReidbenchError

from ..config.modes import MODES
from ..results import record
from ..results.record import ResultRecord
from ..tools.manifest import read_manifest

FLOAT_BYTES = 4


def cost(folder: Path) -> dict[str, dict[str, Any]]:
    """mode -> parameters and GFLOPs (mean over the tasks' queries) of the model that embeds a
    query, bytes of a gallery item (float32). A multiply-add counts as two. Nothing for a mode whose
    model or data is not there any more."""
    from ..run.transfer import open_model

    result = record.read(folder)
    queries = _queries(folder, result)
    costs: dict[str, dict[str, Any]] = {}
    known: dict[str, dict[str, Any]] = {}
    for mode in dict.fromkeys(row.mode for row in result.scores):
        asks, answers = MODES[mode].query, MODES[mode].gallery
        for name in {asks, answers} - known.keys():
            try:
                model, _ = open_model(folder, name, "cpu")
                known[name] = _of_model(model, queries)
            except (ReidbenchError, OSError):
                known[name] = {}
        if known[asks] and known[answers]:
            gallery = result.conditions[mode].gallery
            cut = gallery.dim if gallery is not None else None
            costs[mode] = {
                "parameters": known[asks]["parameters"],
                "gflops": known[asks]["gflops"],
                "bytes_per_item": FLOAT_BYTES * (cut or known[answers]["dim"]),
            }
    return costs


def _queries(folder: Path, result: ResultRecord) -> list[Record]:
    """One query of each task."""
    records = read_manifest(folder / "data" / "index.json")
    wanted = {row.identity.task.name: row.identity.task.query for row in result.scores}
    found = []
    for query in wanted.values():
        found += [r for r in records if (r.modality, r.split) == (query.modality, query.split)][:1]
    return found


def _of_model(model: Any, queries: list[Record]) -> dict[str, Any]:
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    backbone = model.backbone
    counted = []
    for query in queries:
        if query.modality not in backbone.modalities:
            continue
        batch = backbone.collate([backbone.preprocess(query)])
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            backbone.encode(batch)
        counted.append(counter.get_total_flops() / 1e9)
    return {
        "parameters": sum(p.numel() for p in model.parameters()),
        "gflops": sum(counted) / len(counted) if counted else None,
        "dim": backbone.embed_dim,
    }


def step_seconds(folder: Path, stage: str = "distill") -> float | None:
    """Median time of a training step, from the run's log; None where it did not train here."""
    marks = []
    try:
        with (folder / "log.jsonl").open(encoding="utf-8") as lines:
            for line in lines:
                row = json.loads(line)
                if row.get("stage") == stage and row.get("event") == "step":
                    marks.append((row["step"], row["seconds"]))
    except (OSError, ValueError, KeyError):
        return None
    gaps = [
        (later - earlier) / (step - before)
        for (before, earlier), (step, later) in pairwise(marks)
        if step > before
    ]
    return median(gaps) if gaps else None
