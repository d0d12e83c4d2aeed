"""reidbench data export: the index of a data set as a manifest."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..shared import check_folder
from .shared import add_dataset, dataset_config, parser, reporter

EPILOG = """examples:
  reidbench data export Market-1501 --root /data/Market-1501-v15.09.15 --out market
  reidbench data export QrCM --root /data/CUHK-PEDES --option variant=strict --out qrcm --table csv
  reidbench score features.npz --manifest market/manifest.parquet --protocol market-1501

`manifest.*` holds a row for each item, `card.json` beside it what a result must say about the data.
Images stay where they are; those that the data set makes lie below the work directory.
"""


def add_parser(actions: argparse._SubParsersAction) -> None:
    export = parser(actions, "export", "the index of a data set as a manifest", EPILOG)
    add_dataset(export)
    export.add_argument("--out", type=Path, required=True, help="folder of the result")
    export.add_argument("--table", choices=("parquet", "csv", "jsonl"), default="parquet",
                        help="form of the manifest (default: parquet)")  # fmt: skip
    export.add_argument(
        "--work-dir",
        type=Path,
        default=Path("runs"),
        help="where pictures that the data set makes are kept (default: runs)",
    )
    export.set_defaults(handler=handle)


def handle(arguments: argparse.Namespace) -> int:
    from rich.console import Console
    from rich.text import Text

    from reidbench_registry.registries import KindRegistry

    from ...data.prepared import cache_folder, prepare, write_index
    from ...pluginhost import PluginHost
    from ...terminal.lines import print_line

    check_folder("--out", arguments.out)
    host = PluginHost()
    cfg = dataset_config(arguments, host)
    dataset = KindRegistry("dataset", host.catalog).create(cfg)
    data = prepare(dataset, cache_folder(arguments.work_dir, cfg), reporter().track)
    table = arguments.out / f"manifest.{arguments.table}"
    write_index(data, table)
    console = Console()
    for line in (*getattr(dataset, "notes", ()), f"{table}: {len(data.records):,} items"):
        print_line(console, Text(str(line)))
    return 0
