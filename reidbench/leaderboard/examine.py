"""One submission, examined from its files to its figures. Nothing is written."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from reidbench_registry import DataError, ReidbenchError

from ..results import record as records
from ..results.record import ResultRecord
from ..tools.digests import file_digest
from . import submission as submissions
from .benchmark import Benchmark
from .claims import check_figures, check_form
from .intake import take_in
from .rescore import Rescored, rescore
from .submission import SubmissionFile
from .verified import Figures, Verified


class Examined(NamedTuple):
    problems: list[str]
    """One line each; empty when everything holds."""
    verified: Verified | None
    """None where there are problems"""
    figures: Figures


def examine(benchmark: Benchmark, folder: Path, private: Path | None = None) -> Examined:
    """Check a submission against a benchmark and score it again; `private` is the maintainer's
    table of the private part. What is wrong with the submission is a problem, never an exception;
    raises only for mistakes in the benchmark."""
    if private is not None and file_digest(private) != benchmark.about.private:
        raise DataError(f"{private}: it is not the table that the benchmark's private part is of")
    try:
        given = take_in(folder, benchmark.about, folder.name)
        record = records.read(folder / submissions.RECORD)
    except (ReidbenchError, OSError) as error:
        return Examined([str(error)], None, {})
    if problems := check_form(record, given, benchmark):
        return Examined(_located(folder, problems), None, {})
    claimed = [(row.identity.task.name, row.mode) for row in record.scores]
    try:
        found = rescore(benchmark, given, folder, claimed, private)
    except ReidbenchError as error:
        return Examined([str(error)], None, {})
    if problems := check_figures(record, found.rows):
        return Examined(_located(folder, problems), None, {})
    return Examined([], _verified(benchmark, folder, given, record, found), found.per_query)


def _located(folder: Path, problems: list[str]) -> list[str]:
    return [f"{folder / submissions.RECORD}: {problem}" for problem in problems]


def _verified(
    benchmark: Benchmark,
    folder: Path,
    given: SubmissionFile,
    record: ResultRecord,
    found: Rescored,
) -> Verified:
    """What was claimed, with the figures that were found."""
    claimed = record.as_json()
    rows = [
        # What no embeddings of the submission can tell stays as it was claimed.
        row | {name: old[name] for name in ("last", "pictures") if name in old}
        for row, old in zip(found.rows, claimed["scores"], strict=True)
    ]
    plain = {
        "schema": 1,
        "entry": given.entry,
        "title": given.title,
        "benchmark": given.benchmark,
        "authors": given.authors,
        "url": given.url,
        "description": given.description,
        "manifest": benchmark.about.manifest,
        "submission": file_digest(folder / submissions.FILE),
        "record": claimed
        | {
            "status": "rescored",
            # Licence, citation and the like are the maintainer's words.
            "dataset": benchmark.about.dataset.model_dump(mode="json"),
            "protocol": benchmark.about.protocol,
            "scores": rows,
        },
        "digests": found.digests,
        "private": found.private,
        "reproduced": None,
    }
    return Verified.model_validate(plain, strict=False)
