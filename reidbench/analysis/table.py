"""An analysis as tables of a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from typing import Any

from ..terminal.sheet import Sheet
from .kept import geometric, means

MAIN = "mAP"
"""The metric that is shown, where the run has it"""


def sheets(results: Sequence[Mapping[str, Any]]) -> list[Sheet]:
    """The spectra of all sources in one, then for each source its angles and its components."""
    found = [_spectra(results)]
    for one in results:
        several = len(results) > 1
        found += [_angles(one, bank, several) for bank in one["banks"] if bank["angles"]]
        found.append(_components(one))
    return found


def main_metric(one: Mapping[str, Any]) -> str:
    names = [name for row in one["kept"] for name in row["metrics"]]
    return MAIN if MAIN in names or not names else names[0]


def name_of(one: Mapping[str, Any], bank: Mapping[str, Any], several: bool) -> str:
    """`teacher`, with the source where there are several; a source of no run by its own name."""
    parts = [one["source"]] if several or not bank["model"] else []
    return " ".join([*parts, *([bank["model"]] if bank["model"] else [])])


def _spectra(results: Sequence[Mapping[str, Any]]) -> Sheet:
    several = len(results) > 1
    numbers = ["items", "D", "eff. rank", "k 90%", "k 95%", "k 99%"]
    lines = []
    for one in results:
        for bank in one["banks"]:
            for form, found in bank["spectra"].items():
                lines.append(
                    [
                        name_of(one, bank, several),
                        bank["split"] or "all",
                        form,
                        f"{bank['items']:,}",
                        str(bank["dim"]),
                        f"{found['effective_rank']:.1f}",
                        *map(str, found["components"].values()),
                    ]
                )
    normalized = results[0]["banks"][0]["normalized"]
    words = "eff. rank: exp of the entropy of the singular values; k: components for that energy"
    return Sheet(
        ["bank", "split", "form", *numbers], lines, right=numbers, group=2, title="spectrum",
        caption=f"{words}{'; rows L2-normalised' if normalized else ''}",
    )  # fmt: skip


def _angles(one: Mapping[str, Any], bank: Mapping[str, Any], several: bool) -> Sheet:
    numbers = ["smallest", "median", "largest", "overlap"]
    lines = []
    for found in bank["angles"]:
        degrees = found["degrees"]
        ends = degrees[0], median(degrees), degrees[-1]
        cells = [f"{degree:.1f}" for degree in ends]
        lines.append(
            [found["form"], " - ".join(found["modalities"]), *cells, f"{found['overlap']:.3f}"]
        )
    k = max(found["k"] for found in bank["angles"])
    return Sheet(
        ["form", "modalities", *numbers], lines, right=numbers, group=1,
        title=f"{name_of(one, bank, several)}: angles between the modalities' leading {k} "
        "directions, in degrees",
        caption=f"overlap: mean squared cosine; 1 the same subspace, {k / bank['dim']:.3f} by "
        "chance",
    )  # fmt: skip


def _components(one: Mapping[str, Any]) -> Sheet:
    """k x energy of each bank, scores of each mode."""
    metric = main_metric(one)
    scores = means(one["kept"], metric)
    marks = {d["components"]: d["label"] for d in one["distillers"]}
    kept = sorted({row["k"] for row in one["kept"]}) or geometric(
        max(bank["dim"] for bank in one["banks"]), list(marks)
    )
    energies = {
        f"E {bank['model'] or 'all'}": bank["spectra"]["uncentred"]["energy"]
        for bank in one["banks"]
    }
    lines = []
    for k in kept:
        cells = [_percent(e[min(k, len(e)) - 1], 2) for e in energies.values()]
        cells += [_percent(of[k], 1) if k in of else "-" for of in scores.values()]
        lines.append([str(k), *cells, *([marks.get(k, "")] if marks else [])])
    columns = ["k", *energies, *scores]
    return Sheet(
        [*columns, *(["distiller"] if marks else [])], lines, right=columns,
        title=f"{one['source']}: energy E{f' and {metric}' if scores else ''} of the leading k "
        "components, not centred",
        caption="; ".join(_words(one, bool(scores))),
    )  # fmt: skip


def _words(one: Mapping[str, Any], scored: bool) -> Iterator[str]:
    yield "percent"
    if scored:
        yield "scores: mean over tasks, both sides on the teacher's components of the train split"
    for found in one["distillers"]:
        per_batch = found["config"].get("basis", "batch") == "batch"
        yield f"{found['label']} is marked at {found['components']} components" + (
            " (it takes its components from each batch)" if per_batch else ""
        )
    yield from one["notes"]


def _percent(value: float, digits: int) -> str:
    return f"{100 * value:.{digits}f}"
