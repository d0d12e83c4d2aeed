"""A made-up report with the shape of a real one: people are random vectors, their pictures a few
coloured rectangles, and everything else is computed from the similarities of these vectors."""

import base64
import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

TASKS = {"ir2rgb": "ir", "sketch2rgb": "sketch", "text2rgb": "text"}
MODES = {"cloud": 0.55, "edge": 1.05, "edge-cloud": 0.8}
RANKS = (1, 2, 3, 5, 10, 20, 50)
COLOURS = ("red", "orange", "khaki", "green", "teal", "navy", "purple", "black", "gray", "brown")


def sample(
    runs: int = 1, people: int = 40, moments: int = 4, of_each: int = 2, dim: int = 32
) -> dict[str, Any]:
    """A report of `runs` runs on people x moments x 4 modalities items, `of_each` queries of each
    kind for each task."""
    draw = np.random.default_rng(0)
    pids = [f"test-{n:04d}" for n in range(people) for _ in range(moments)]
    ids = {m: [f"{pid}-{n % moments}-{m}" for n, pid in enumerate(pids)]
           for m in ("rgb", "ir", "sketch", "text")}  # fmt: skip
    thumbs: list[str] = []
    items: dict[str, Any] = {}
    for kind, names in ids.items():
        for n, (name, pid) in enumerate(zip(names, pids, strict=True)):
            top, bottom = (COLOURS[(n // moments * k) % len(COLOURS)] for k in (3, 7))
            items[name] = {"pid": pid, "modality": kind, "camera": str(n % 6), "thumb": None,
                           "caption": f"a person in a {top} jacket and {bottom} trousers, "
                           "seen from the side" if kind == "text" else None}  # fmt: skip
            if kind != "text":
                items[name]["thumb"] = len(thumbs)
                thumbs.append(_picture(kind, top, bottom, n))
    truth = np.repeat(draw.normal(size=(people, dim)), moments, axis=0)
    labels = [chr(ord("A") + n) for n in range(runs)]
    report = _empty(labels)
    for task, query in TASKS.items():
        report["tasks"].append(
            {"name": task, "query": query, "gallery": "rgb", "identity": f"{task:0<64}",
             "n_query": len(pids), "n_valid": len(pids), "n_gallery": len(pids),
             "chance_R1": 0.0037, "exclude": "same_instance", "trials": None}
        )  # fmt: skip
        scored = {}
        for place, label in enumerate(labels):
            for mode, noise in MODES.items():
                noise *= {"ir2rgb": 1.2, "sketch2rgb": 1.0, "text2rgb": 0.9}[task] - 0.06 * place
                scored[label, mode] = _score(draw, truth, noise)
                _add_figures(report, label, task, mode, scored[label, mode], np.array(pids))
        report["ranklists"].append(_ranklist(task, scored, ids[query], ids["rgb"], pids, of_each))
    for place, label in enumerate(labels):
        _add_training(report, label, draw)
        for model, noise in (("teacher", 0.6), ("student", 1.0 - 0.1 * place)):
            _add_map(report, label, model, truth, noise, ids, draw)
    if runs > 1:
        report["comparison"] = _comparison(report, labels)
    return report | {"items": items, "thumbs": thumbs}


def _picture(kind: str, top: str, bottom: str, n: int) -> str:
    paper = "white" if kind == "sketch" else "lightgray"
    image = Image.new("RGB", (40, 80), paper)
    pen, x = ImageDraw.Draw(image), 8 + n % 4 * 3
    outline = "black" if kind == "sketch" else None
    for box, fill in (((x + 6, 6, x + 16, 18), "peru"), ((x, 20, x + 22, 46), top),
                      ((x + 2, 46, x + 20, 74), bottom)):  # fmt: skip
        pen.rectangle(box, fill=None if kind == "sketch" else fill, outline=outline)
    if kind == "ir":
        image = image.convert("L").convert("RGB")
    kept = io.BytesIO()
    image.save(kept, "WEBP", quality=60)
    return "data:image/webp;base64," + base64.b64encode(kept.getvalue()).decode()


def _score(draw: np.random.Generator, truth: np.ndarray, noise: float) -> np.ndarray:
    """similarity[Nq, Ng]"""
    sides = [truth + noise * 2 * draw.normal(size=truth.shape) for _ in range(2)]
    query, gallery = (side / np.linalg.norm(side, axis=1, keepdims=True) for side in sides)
    return query @ gallery.T


def _ranked(similarity: np.ndarray, n: int) -> list[int]:
    """The gallery of query n in order; its own photo, which is left out, among the others."""
    return [int(i) for i in np.argsort(-similarity[n], kind="stable")]


def _average_precision(similarity: np.ndarray, pids: Sequence[str], n: int) -> float:
    order = [i for i in _ranked(similarity, n) if i != n]
    places = [place for place, i in enumerate(order, 1) if pids[i] == pids[n]]
    return float(np.mean([k / place for k, place in enumerate(places, 1)]))


def _add_figures(
    report: dict[str, Any], run: str, task: str, mode: str, similarity: np.ndarray, pids: np.ndarray
) -> None:
    of = {"run": run, "task": task, "mode": mode}
    alone = np.eye(len(pids), dtype=bool)
    right = (pids[:, None] == pids[None]) & ~alone
    order = np.argsort(-np.where(alone, -9, similarity), axis=1)
    first = np.take_along_axis(right, order, axis=1).argmax(axis=1) + 1
    ap = np.array([_average_precision(similarity, pids, n) for n in range(len(pids))])
    metrics = {f"R{k}": float((first <= k).mean()) for k in (1, 5, 10)}
    metrics |= {"mAP": float(ap.mean()), "mINP": float(0.6 * ap.mean())}
    report["rows"].append(
        of | {"metrics": metrics, "collapsed": False,
              "interval": {k: [max(0.0, v - 0.03), min(1.0, v + 0.03)] for k, v in metrics.items()},
              "bracket": {k: [v, v + 0.002 * (mode == "edge")] for k, v in metrics.items()},
              "last": None if mode == "cloud" else
              {"step": 900, "metrics": {k: max(0.0, v - 0.011) for k, v in metrics.items()}}}
    )  # fmt: skip
    values = [float((first <= k).mean()) for k in RANKS]
    report["cmc"].append(of | {"ranks": list(RANKS), "values": values,
                               "low": [max(0.0, v - 0.03) for v in values],
                               "high": [min(1.0, v + 0.03) for v in values]})  # fmt: skip
    edges = np.linspace(0, 1, 21)
    report["ap"].append(of | {"edges": edges.round(2).tolist(),
                              "counts": np.histogram(ap, edges)[0].tolist()})  # fmt: skip
    bins = np.linspace(similarity.min(), similarity.max(), 41)
    report["similarity"].append(of | {"edges": bins.tolist()} | {
        name: (np.histogram(similarity[where], bins)[0] / where.sum()).tolist()
        for name, where in (("positives", right), ("negatives", ~right & ~alone))
    })  # fmt: skip


def _ranklist(
    task: str, scored: dict[tuple[str, str], np.ndarray], queries: list[str], gallery: list[str],
    pids: list[str], of_each: int,
) -> dict[str, Any]:  # fmt: skip
    names = {key: f"{key[0]}/{key[1]}" for key in scored}
    ap = {key: [_average_precision(s, pids, n) for n in range(len(pids))]
          for key, s in scored.items()}  # fmt: skip
    by_ap = np.argsort([-value for value in next(iter(ap.values()))], kind="stable")
    middle, chosen = len(by_ap) // 2, {}
    kinds = {"best": by_ap[:of_each], "median": by_ap[middle : middle + of_each],
             "worst": by_ap[-of_each:], "random": by_ap[7 : 7 + 3 * of_each : 3]}  # fmt: skip
    if len(scored) > len(MODES):
        (first, *_, second) = ap.values()
        kinds["changed"] = np.argsort([-abs(a - b) for a, b in zip(first, second, strict=True)])[
            :of_each
        ]
    for why, places in kinds.items():
        for n in map(int, places):
            chosen.setdefault(n, []).append(why)

    def hits(similarity: np.ndarray, n: int) -> list[dict[str, Any]]:
        found, rank = [], 0
        for i in _ranked(similarity, n):
            out = i == n
            rank += not out
            found.append({"item": gallery[i], "rank": None if out else rank,
                          "similarity": float(similarity[n, i]), "right": pids[i] == pids[n],
                          "excluded": "the same photo as the query" if out else None})  # fmt: skip
            if rank == 10:
                return found
        return found

    return {"task": task, "queries": [
        {"item": queries[n], "why": why, "AP": {names[k]: ap[k][n] for k in scored},
         "lists": {names[k]: hits(s, n) for k, s in scored.items()}}
        for n, why in chosen.items()
    ]}  # fmt: skip


def _add_training(report: dict[str, Any], run: str, draw: np.random.Generator) -> None:
    losses = {"ID": 6.7, "Triplet": 0.44, "SDM": 6.8}
    terms = {"teacher": losses, "distill": losses | {"PCM": 0.021, "FR": 0.9}}
    for stage, of in terms.items():
        steps = list(range(20, 920 if stage == "distill" else 120, 20))
        for term, start in of.items():
            fall = start * np.exp(-np.arange(len(steps)) / 18)
            values = (fall + 0.02 * start * draw.random(len(steps))).tolist()
            report["losses"].append({"run": run, "stage": stage, "term": f"loss/{term}",
                                     "steps": steps, "values": values})  # fmt: skip
    steps = list(range(100, 1000, 100))
    for n, task in enumerate(TASKS):
        report["validation"].append({
            "run": run, "stage": "distill", "name": f"{task}, edge", "metric": "mAP",
            "steps": steps, "values": [0.05 * n + 0.4 * (1 - 0.99 ** (s / 4)) for s in steps],
            "taken": 700,
        })  # fmt: skip


def _add_map(
    report: dict[str, Any], run: str, model: str, truth: np.ndarray, noise: float,
    ids: dict[str, list[str]], draw: np.random.Generator,
) -> None:  # fmt: skip
    kinds = len(ids)
    gap = np.repeat(draw.normal(size=(kinds, truth.shape[1])), len(truth), axis=0)
    whole = np.tile(truth, (kinds, 1)) + noise * draw.normal(size=(kinds * len(truth), 1)) + gap
    centred = whole - whole.mean(axis=0)
    _, s, v = np.linalg.svd(centred, full_matrices=False)
    at, energy = centred @ v[:2].T, np.cumsum(s**2) / np.sum(s**2)
    report["map"].append({"run": run, "model": model, "method": "PCA",
                          "explained": (s[:2] ** 2 / np.sum(s**2)).tolist(),
                          "x": at[:, 0].tolist(), "y": at[:, 1].tolist(),
                          "item": [name for names in ids.values() for name in names]})  # fmt: skip
    report["spectrum"].append({"run": run, "model": model, "energy": energy.tolist(),
                               "components": list(range(1, len(energy) + 1))})  # fmt: skip


def _comparison(report: dict[str, Any], labels: list[str]) -> dict[str, Any]:
    figures = {(r["run"], r["task"], r["mode"]): r["metrics"] for r in report["rows"]}
    found = []
    for (run, task, mode), metrics in figures.items():
        for metric, value in metrics.items() if run != labels[0] else ():
            first = figures[labels[0], task, mode][metric]
            low, high = value - first - 0.02, value - first + 0.02
            found.append({"task": task, "mode": mode, "metric": metric, "run": run, "value": value,
                          "first": first, "difference": value - first, "interval": [low, high],
                          "separable": not low <= 0 <= high, "p": 0.012})  # fmt: skip
    weight = {label: 0.5 * n for n, label in enumerate(labels)}
    return {"differences": found,
            "config": [{"path": "student.train.distillers.0.weight", "values": weight},
                       {"path": "student.train.augment",
                        "values": {label: [] if n else None for n, label in enumerate(labels)}}],
            }  # fmt: skip


def _empty(labels: list[str]) -> dict[str, Any]:
    side = {"neck": "none", "tap": "before", "selection": "val"}
    cloud = {"neck": "bn_per_modality", "tap": "after", "selection": "last"}
    sides = {"cloud": (cloud, cloud), "edge": (side, side), "edge-cloud": (side, cloud)}
    config = {
        "data": {"type": "SyntheticPedestrians", "seed": 0, "train": 800},
        "student": {"backbone": {"type": "OpenCLIP", "model": "embedded", "embed_dim": 128},
                    "train": {"steps": 900, "augment": [], "clip_norm": None, "distillers": [
                        {"type": "PCM", "rank": 50}, {"type": "FR", "weight": 0.05}]}},
        "evaluation": {"protocol": {"type": "qrcm/distill"}, "modes": list(MODES)},
        "run": {"seed": 0, "device": "auto", "precision": "fp32", "threads": None},
    }  # fmt: skip
    runs = [{
        "label": label, "name": f"distill_pcm_fr-{label}", "protocol": "qrcm/distill",
        "dataset": "SyntheticPedestrians", "revision": "1-fb268b3422f5", "licence": "Apache-2.0",
        "synthetic": True, "seed": 0, "status": "submitted", "config": config,
        "components": [
            {"kind": "loss", "name": "SDM", "package": "reidbench_losses", "version": "0.1.0"},
            {"kind": "distiller", "name": "PCM", "package": "reidbench_distillers",
             "version": "0.1.0"}],
        "environment": {"python": "3.11.7", "threads": 2, "cuda": None,
                        "packages": {"torch": "2.14.1", "numpy": "2.4.6"}},
        "counts": [{"split": split, "modality": m, "items": n, "identities": n // 4}
                   for split, n in (("train", 3200), ("test", 800)) for m in ("rgb", "ir", "text")],
        "stages": [{"name": name, "seconds": seconds, "key": f"{name:a<64}", "taken": taken}
                   for name, seconds, taken in (("data", 23.6, True), ("teacher", 48.2, True),
                                                ("embed", 11.0, False), ("distill", 212.4, False),
                                                ("evaluate", 9.3, False))],
        "conditions": {mode: {"query": q, "gallery": g, "precision": "fp32",
                              "test_time_augmentation": None, "re_ranking": None}
                       for mode, (q, g) in sides.items()},
        "cost": {mode: {"parameters": 1_420_000 if mode == "cloud" else 912_000,
                        "gflops": 0.021, "bytes_per_item": 512, "query_ms": 1.84}
                 for mode in MODES},
        "trained_on": ["SyntheticPedestrians"],
    } for label in labels]  # fmt: skip
    section = {
        "title": "How far the student is from its teacher", "owner": "reidbench_distillers 0.1.0",
        "body": "Distance of **embeddings** after each `epoch`.\n\n![distances](distance.svg)\n\n"
        "| modality | cosine |\n|---|---|\n| rgb | 0.83 |\n| ir | 0.71 |\n\n"
        "- see [the paper](https://arxiv.org/abs/2602.12936)\n- <b>markup</b> is text\n",
        "assets": [{"name": "distance.svg", "media": "image/svg+xml",
                    "data": base64.b64encode(_SVG.encode()).decode()},
                   {"name": "page.html", "media": "text/html", "data": "PGI+"}],
    }  # fmt: skip
    lists = ("tasks", "rows", "losses", "validation", "cmc", "ap", "similarity", "spectrum", "map",
             "ranklists")  # fmt: skip
    return {"schema": 1, "title": " and ".join(run["name"] for run in runs), "reidbench": "0.1.0",
            "runs": runs, "comparison": None, "sections": [section],
            "missing": ["training.json of the teacher has no validation figures"],
            **{name: [] for name in lists}}  # fmt: skip


_SVG = (
    "<svg xmlns='http://www.w3.org/2000/svg' width='320' height='90'>"
    "<script>alert(1)</script><path d='M5 80L80 40L160 55L310 12' fill='none' stroke='navy'/></svg>"
)
