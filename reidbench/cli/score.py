"""reidbench score: embeddings from a file -> the same result record as a run's."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reidbench_registry import ConfigError

from ..tools.terminal import LINE, cell, safe, safe_json
from .parser import add_verb
from .shared import add_task

if TYPE_CHECKING:
    from ..embeddings.files import Submission
    from ..evaluation.chosen import Chosen
    from ..evaluation.scoring import Scores
    from ..results.record import ResultRecord

EPILOG = """examples:
  reidbench score embeddings.npz --manifest test.csv --protocol qrcm/distill
  reidbench score student.safetensors --gallery-embeddings teacher.safetensors --mode edge-cloud \\
      --manifest test.parquet --task ir2rgb --cfg-options exclude=none --out result.json
  reidbench score embeddings.npz --manifest test.csv --task my_task.json
  reidbench score embeddings.npz --manifest test.csv --task ir2rgb --metric mAP \\
      --metric CMC "ranks=[1, 10, 20]"
  reidbench score embeddings.npz --manifest test.csv --task ir2rgb --report page.html \\
      --pictures /data/market

Embeddings: .npz (arrays `features`, `item_ids`), .safetensors (tensor `features`; item ids as JSON
in the metadata under `item_ids`, or beside it) or .npy (ids beside it: `items.json`, or
`item_ids.txt` with one in each line). Manifest: .csv, .jsonl, .json or .parquet with item_id,
split, modality, pid and what else the task needs (camera_id, instance_id, location_id). A task that
no plugin has is given as a .json file. --report writes a page with ranked lists; it opens pictures
only below --pictures. --out also writes the figures query by query, into a folder
beside the result, for `reidbench compare`.
"""


def add_parser(verbs: argparse._SubParsersAction) -> None:
    parser = add_verb(verbs, "score", "score embeddings that were made anywhere", EPILOG)
    parser.add_argument("embeddings", type=Path, help="of the queries, and of the gallery too")
    parser.add_argument("--manifest", type=Path, required=True, help="what each item shows")
    add_task(parser, required=True)
    parser.add_argument(
        "--metric",
        nargs="+",
        action="append",
        metavar=("NAME", "argument=value"),
        help="instead of CMC, mAP and mINP; may be given several times",
    )
    parser.add_argument(
        "--gallery-embeddings", type=Path, help="of the gallery, when another model made them"
    )
    parser.add_argument("--mode", default="scored", help="name of the mode (default: scored)")
    parser.add_argument(
        "--trained-on",
        nargs="+",
        default=[],
        action="extend",
        metavar="NAME",
        help="data sets that the weights saw, pretraining included",
    )
    parser.add_argument("--out", type=Path, help="where the result record goes (a .json file)")
    parser.add_argument(
        "--report", type=Path, metavar="FILE", help="where the page goes (a .html file)"
    )
    parser.add_argument(
        "--pictures",
        type=Path,
        metavar="ROOT",
        help="the folder that the manifest's paths start at, for the page's pictures",
    )
    parser.add_argument("--json", action="store_true", help="print the result record")
    parser.set_defaults(handler=handle)


def handle(arguments: argparse.Namespace) -> int:
    out: Path | None = arguments.out
    if out is not None and (out.suffix != ".json" or out.is_dir()):
        raise ConfigError(f"--out {out}: expected a .json file")
    if not arguments.mode or "/" in arguments.mode:
        raise ConfigError(f"--mode {arguments.mode!r}: expected a name without /")
    page: Path | None = arguments.report
    if page is not None and (page.suffix != ".html" or page.is_dir()):
        raise ConfigError(f"--report {page}: expected a .html file")
    pictures: Path | None = arguments.pictures
    if pictures is not None and (page is None or not pictures.is_dir()):
        why = (
            "no such folder" if page is not None else "it is for the page, which --report asks for"
        )
        raise ConfigError(f"--pictures {pictures}: {why}")
    from ..config.overrides import apply
    from ..config.schema import METRICS
    from ..embeddings.files import read_embeddings
    from ..evaluation.chosen import choose
    from ..pluginhost import PluginHost
    from ..results import from_files
    from ..results.table import result_table

    kind = "task" if arguments.task else "protocol"
    cfg: dict[str, Any] = {"type": arguments.task or arguments.protocol}
    apply(cfg, arguments.cfg_options)
    metrics = [_metric(words) for words in arguments.metric] if arguments.metric else METRICS
    chosen = choose(PluginHost(), kind, cfg, metrics)
    query = gallery = read_embeddings(arguments.embeddings)
    other: Path | None = arguments.gallery_embeddings
    # A file that is named twice is read, checked and hashed once.
    if other is not None and not (other.exists() and other.samefile(arguments.embeddings)):
        gallery = read_embeddings(other)
    record, scores = from_files.score_embeddings(
        arguments.manifest,
        chosen,
        query,
        gallery,
        arguments.mode,
        warn=lambda line: print(safe(line, LINE), file=sys.stderr),
        trained_on=arguments.trained_on,
    )
    if out is not None:
        from_files.save(out, record, scores)
    if page is not None:
        _write_page(page, pictures, arguments, (record, scores, chosen, query, gallery))
    if arguments.json:
        print(safe_json(record.as_json()))
        return 0

    from rich.console import Console

    console = Console()
    result_table(record).show(console)
    if out is not None:
        console.print(cell(out, limit=LINE), soft_wrap=True)
    return 0


def _write_page(
    page: Path,
    pictures: Path | None,
    arguments: argparse.Namespace,
    scored: tuple[ResultRecord, Scores, Chosen, Submission, Submission],
) -> None:
    from ..report.files import of_files
    from ..report.inputs import Pictures
    from ..report.write import write
    from ..tools.manifest import read_manifest

    manifest: Path = arguments.manifest
    opened = Pictures(pictures, manifest.parent) if pictures is not None else None
    write(page, [of_files(*scored, arguments.mode, read_manifest(manifest), opened)])


def _metric(words: list[str]) -> dict[str, Any]:
    """`NAME argument=value ...` as in a config."""
    from ..config.overrides import apply

    cfg: dict[str, Any] = {"type": words[0]}
    apply(cfg, words[1:])
    return cfg
