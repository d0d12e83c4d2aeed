"""reidbench score: embeddings from a file -> the same result record as a run's."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reidbench_registry import ConfigError

from .parser import add_verb

if TYPE_CHECKING:
    from ..pluginhost import PluginHost

EPILOG = """examples:
  reidbench score embeddings.npz --manifest test.csv --protocol qrcm/distill
  reidbench score student.safetensors --gallery-embeddings teacher.safetensors --mode edge-cloud \\
      --manifest test.parquet --task ir2rgb --cfg-options exclude=none --out result.json
  reidbench score embeddings.npz --manifest test.csv --task my_task.json
  reidbench score embeddings.npz --manifest test.csv --task ir2rgb --metric mAP \
      --metric CMC "ranks=[1, 10, 20]"

Embeddings: .safetensors (tensor `features`; item ids in `items.json` beside it or, as JSON, in the
metadata under `item_ids`) or .npz (arrays `features`, `item_ids`). Manifest: .csv, .jsonl, .json or
.parquet with item_id, split, modality, pid and what else the task needs (camera_id, instance_id,
location_id). A task that no plugin has is given as a .json file. --out also writes the figures
query by query, into a folder beside the result, for `reidbench compare`.
"""


def add_parser(verbs: argparse._SubParsersAction) -> None:
    parser = add_verb(verbs, "score", "score embeddings that were made anywhere", EPILOG)
    parser.add_argument("embeddings", type=Path, help="of the queries, and of the gallery too")
    parser.add_argument("--manifest", type=Path, required=True, help="what each item shows")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--task", help="name of a task, or a .json file that describes one")
    what.add_argument("--protocol", help="name of a bundle of tasks")
    parser.add_argument(
        "--cfg-options",
        nargs="+",
        default=[],
        action="extend",
        metavar="argument=value",
        help="arguments of the task or protocol",
    )
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
    parser.add_argument("--out", type=Path, help="where the result record goes (a .json file)")
    parser.add_argument("--json", action="store_true", help="print the result record")
    parser.set_defaults(handler=handle)


def handle(arguments: argparse.Namespace) -> int:
    out: Path | None = arguments.out
    if out is not None and (out.suffix != ".json" or out.is_dir()):
        raise ConfigError(f"--out {out}: expected a .json file")
    if not arguments.mode or "/" in arguments.mode:
        raise ConfigError(f"--mode {arguments.mode!r}: expected a name without /")
    kind = "task" if arguments.task else "protocol"
    name = arguments.task or arguments.protocol
    from ..config.check import check_entry
    from ..config.overrides import apply
    from ..config.schema import METRICS
    from ..evaluation.taskfile import read_task
    from ..pluginhost import PluginHost

    host = PluginHost()
    used: list[tuple[str, dict[str, Any]]] = []
    cfg: dict[str, Any] = {"type": name}
    apply(cfg, arguments.cfg_options)
    from_file = kind == "task" and name.endswith(".json")
    if from_file and arguments.cfg_options:
        raise ConfigError("--cfg-options: a task from a file takes none")
    if not from_file:
        check_entry(kind, cfg, f"--{kind}", False, host)
    measured = [dict(m) for m in METRICS]
    if arguments.metric:
        measured = [_metric(words, host) for words in arguments.metric]

    from reidbench_registry.registries import KindRegistry

    def create(kind: str, cfg: dict[str, Any]) -> Any:
        used.append((kind, cfg))
        return KindRegistry(kind, host.catalog).create(cfg)

    if from_file:
        tasks = [read_task(Path(name))]
    elif kind == "task":
        tasks = [create("task", cfg)]
    else:
        tasks = [create("task", dict(t)) for t in create("protocol", cfg).tasks]
    metrics = [create("metric", m) for m in measured]

    from ..embeddings.files import read_embeddings
    from ..results import from_files, provenance
    from ..results.table import result_table
    from ..tools.manifest import read_manifest

    records = read_manifest(arguments.manifest)
    query = read_embeddings(arguments.embeddings)
    gallery = query
    if arguments.gallery_embeddings:
        gallery = read_embeddings(arguments.gallery_embeddings)
    entries = dict.fromkeys(host.find(kind, cfg["type"]) for kind, cfg in used)
    record, scores = from_files.score_embeddings(
        arguments.manifest,
        records,
        tasks,
        metrics,
        query,
        gallery,
        arguments.mode,
        warn=lambda line: print(line, file=sys.stderr),
        protocol=cfg["type"] if kind == "protocol" else None,
        components=[provenance.component(entry) for entry in entries],
    )
    if out is not None:
        from_files.save(out, record, scores)
    if arguments.json:
        print(json.dumps(record.as_json(), indent=2, ensure_ascii=False))
        return 0

    from rich.console import Console

    console = Console()
    result_table(record).show(console)
    if out is not None:
        console.print(f"{out}", highlight=False, soft_wrap=True)
    return 0


def _metric(words: list[str], host: PluginHost) -> dict[str, Any]:
    """`NAME argument=value ...` as in a config. Raises ConfigError for a wrong argument."""
    from ..config.check import check_entry
    from ..config.overrides import apply

    cfg: dict[str, Any] = {"type": words[0]}
    apply(cfg, words[1:])
    check_entry("metric", cfg, "--metric", False, host)
    return cfg
