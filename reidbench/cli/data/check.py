"""reidbench data check: everything that is wrong with a data set."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reidbench_registry import ConfigError

from ...tools.terminal import safe_json
from .shared import (
    add_dataset,
    caches,
    check_arguments,
    counts_table,
    dataset_config,
    parser,
    reporter,
)

if TYPE_CHECKING:
    from ...data.report import Report

EPILOG = """examples:
  reidbench data check QrCM --root /data/CUHK-PEDES --work-dir runs
  reidbench data check QrCM --root /data/CUHK-PEDES --option derive=false --json
  reidbench data check SyntheticPedestrians --option train=20 test=20 --protocol qrcm/distill

exit codes: 0 nothing failed, 1 something did, 2 the command is wrong
"""


def add_parser(actions: argparse._SubParsersAction) -> None:
    check = parser(actions, "check", "everything that is wrong with a data set", EPILOG)
    add_dataset(check)
    check.add_argument(
        "--protocol", action="append", default=[], help="beyond those that its card names"
    )
    check.add_argument(
        "--against",
        action="append",
        default=[],
        metavar="NAME=DIR",
        help="another data set that may hold the same pictures",
    )
    check.add_argument(
        "--no-decode", action="store_true", help="read pictures without decoding them"
    )
    check.add_argument(
        "--work-dir", type=Path, help="keep derived pictures where `run --work-dir` looks for them"
    )
    check.add_argument("--json", action="store_true", help="print JSON")
    check.set_defaults(handler=handle)


def handle(arguments: argparse.Namespace) -> int:
    from ...pluginhost import PluginHost

    host = PluginHost()
    cfg = dataset_config(arguments, host)
    others = {}
    for given in arguments.against:
        name, separator, folder = given.partition("=")
        if not separator or not folder:
            raise ConfigError(f"--against {given!r}: expected NAME=DIR")
        others[name] = {"type": name, "root": folder}
        check_arguments(others[name], host)
    for name in arguments.protocol:
        host.find("protocol", name)

    from reidbench_registry.registries import KindRegistry

    from ...data.check import check

    def create(kind: str, cfg: dict[str, Any]) -> Any:
        return KindRegistry(kind, host.catalog).create(cfg)

    root = cfg.get("root")
    with caches(arguments.work_dir) as cache:
        report = check(
            create("dataset", cfg),
            Path(root).expanduser() if isinstance(root, str) else None,
            cache(cfg),
            create,
            reporter().track,
            decode=not arguments.no_decode,
            protocols=arguments.protocol,
            against={n: (create("dataset", c), cache(c)) for n, c in others.items()},
        )
    if arguments.json:
        print(safe_json(report.as_json()))
    else:
        _show_report(report)
    return 1 if report.failed else 0


def _show_report(report: Report) -> None:
    from rich.console import Console
    from rich.text import Text

    from ...terminal.sheet import Sheet

    console = Console()
    if report.counts:
        counts_table(report.counts).show(console)
    style = {"ok": "green", "warn": "yellow", "fail": "bold red"}
    rows: list[list[str | Text]] = [
        [r.check, Text(r.status, style[r.status]), r.detail] for r in report.rows
    ]
    columns = ["check", "status", "detail"]
    Sheet(columns, rows, group=1, title=f"check of {report.dataset}").show(console)
    number = len(report.rows)
    say = f"{report.failed} of {number} checks failed" if report.failed else "nothing failed"
    console.print(say, highlight=False)
