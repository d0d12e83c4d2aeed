"""reidbench data: check a data set, read its card, derive modalities that it lacks."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reidbench_registry import (
    ConfigError,
    DataError,
    ReidbenchError,
    UnknownEntryError,
    did_you_mean,
)

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

    from ..data.report import Count, Report
    from ..pluginhost import PluginHost
    from ..run.reporter import Reporter

EPILOG = """examples:
  reidbench data info
  reidbench data check SYSU-MM01 --root /data/SYSU-MM01
  reidbench data derive --manifest mine.csv --out mine-derived
"""
CHECK = """examples:
  reidbench data check QrCM --root /data/CUHK-PEDES --work-dir runs
  reidbench data check QrCM --root /data/CUHK-PEDES --option derive=false --json
  reidbench data check SyntheticPedestrians --option train=20 test=20 --protocol qrcm/distill

exit codes: 0 nothing failed, 1 something did, 2 the command is wrong
"""
DERIVE = """examples:
  reidbench data derive --manifest mine.csv --out mine-derived
  reidbench data derive --manifest mine.csv --out mine-derived --operators sketch=LineSketch \\
      --cfg-options sketch.strength=2 --format jpeg

What is there is kept: the same command continues one that was interrupted.
"""
OPERATORS = ("ir=ChannelMix", "sketch=LineSketch")


def add_parser(verbs: argparse._SubParsersAction) -> None:
    parser = _parser(verbs, "data", "check a data set, read its card, derive modalities", EPILOG)
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)

    check = _parser(actions, "check", "everything that is wrong with a data set", CHECK)
    check.add_argument("name", help="a data set (`reidbench data info` lists them)")
    check.add_argument("--root", help="the folder that holds it")
    check.add_argument(
        "--option",
        "--cfg-options",
        nargs="+",
        default=[],
        action="extend",
        dest="options",
        metavar="argument=value",
        help="other arguments of the data set",
    )
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
    check.set_defaults(handler=handle_check)

    info = _parser(actions, "info", "which data sets there are, or the card of one", "")
    info.add_argument("name", nargs="?", help="a data set")
    info.add_argument("--json", action="store_true", help="print JSON")
    info.set_defaults(handler=handle_info)

    derive = _parser(actions, "derive", "make infrared and sketch versions of photos", DERIVE)
    derive.add_argument("--manifest", type=Path, required=True, help="photos, and captions if any")
    derive.add_argument("--out", type=Path, required=True, help="folder of the result")
    derive.add_argument(
        "--operators",
        nargs="+",
        default=list(OPERATORS),
        metavar="modality=transform",
        help=f"what makes which modality (default: {' '.join(OPERATORS)})",
    )
    derive.add_argument(
        "--cfg-options",
        nargs="+",
        default=[],
        action="extend",
        metavar="modality.argument=value",
        help="arguments of the operators",
    )
    derive.add_argument("--seed", type=int, default=0, help="of the operators' chance (default: 0)")
    derive.add_argument(
        "--format",
        choices=("png", "jpeg"),
        default="png",
        help="of the pictures: lossless, or JPEG of quality 95 (default: png)",
    )
    derive.add_argument("--table", choices=("parquet", "csv", "jsonl"), default="parquet",
                        help="form of the new manifest (default: parquet)")  # fmt: skip
    derive.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, help="processes (default: one a processor)"
    )
    derive.set_defaults(handler=handle_derive)


def _parser(
    verbs: argparse._SubParsersAction, name: str, words: str, epilog: str
) -> argparse.ArgumentParser:
    return verbs.add_parser(
        name,
        help=words,
        description=words,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def handle_check(arguments: argparse.Namespace) -> int:
    from ..config import overrides
    from ..pluginhost import PluginHost

    host = PluginHost()
    cfg: dict[str, Any] = {"type": arguments.name}
    if arguments.root is not None:
        cfg["root"] = arguments.root
    overrides.apply(cfg, arguments.options)
    others = {}
    for given in arguments.against:
        name, separator, folder = given.partition("=")
        if not separator or not folder:
            raise ConfigError(f"--against {given!r}: expected NAME=DIR")
        others[name] = {"type": name, "root": folder}
    for given in (cfg, *others.values()):
        _check_arguments(given, host)
    for name in arguments.protocol:
        host.find("protocol", name)

    from reidbench_registry.registries import KindRegistry

    from ..data.check import check

    def create(kind: str, cfg: dict[str, Any]) -> Any:
        return KindRegistry(kind, host.catalog).create(cfg)

    root = cfg.get("root")
    with _caches(arguments.work_dir) as cache:
        report = check(
            create("dataset", cfg),
            Path(root).expanduser() if isinstance(root, str) else None,
            cache(cfg),
            create,
            _reporter().track,
            decode=not arguments.no_decode,
            protocols=arguments.protocol,
            against={n: (create("dataset", c), cache(c)) for n, c in others.items()},
        )
    if arguments.json:
        print(json.dumps(report.as_json(), indent=2, ensure_ascii=False))
    else:
        _show_report(report)
    return 1 if report.failed else 0


def _check_arguments(cfg: dict[str, Any], host: PluginHost) -> None:
    """As in a config; the root, which almost every data set needs, has an option of its own."""
    from reidbench_registry.signature import signature

    from ..config.check import check_entry

    needs = signature(host.find("dataset", cfg["type"])).parameters
    if needs.get("root") and "root" not in cfg:
        raise ConfigError(f"{cfg['type']} needs its folder: --root DIR")
    check_entry("dataset", cfg, "data check", False, host)


@contextlib.contextmanager
def _caches(work_dir: Path | None) -> Iterator[Any]:
    """Where a data set with a given config keeps what it makes: the folder of runs in `work_dir`,
    or a temporary one."""
    from ..run.stages.data import cache_folder

    with contextlib.ExitStack() as stack:
        base = work_dir or Path(stack.enter_context(tempfile.TemporaryDirectory()))

        def cache(cfg: dict[str, Any]) -> Path:
            folder = cache_folder(base, cfg)
            folder.mkdir(parents=True, exist_ok=True)
            return folder

        yield cache


def _reporter() -> Reporter:
    """Progress bars on stderr, so that stdout is the result alone; no log."""
    from rich.console import Console

    from ..run.reporter import Reporter

    return Reporter(Path(os.devnull), Console(stderr=True))


def _show_report(report: Report) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console()
    if report.counts:
        console.print(_counts_table(report.counts))
    table = _table(f"check of {report.dataset}", "check", "status", "detail")
    table.columns[0].max_width = 24
    style = {"ok": "green", "warn": "yellow", "fail": "bold red"}
    previous = None
    for row in report.rows:
        name = row.check if row.check != previous else ""
        table.add_row(name, Text(row.status, style[row.status]), Text(row.detail))
        previous = row.check
    console.print(table)
    number = len(report.rows)
    console.print(
        f"{report.failed} of {number} checks failed" if report.failed else "nothing failed",
        highlight=False,
    )


def _counts_table(counts: list[Count]) -> Table:
    """split x what, each as found, and as published where that is something else."""
    from rich.text import Text

    whats = list(dict.fromkeys(c.what for c in counts))
    of_split: dict[str, dict[str, Count]] = {}
    for c in counts:
        of_split.setdefault(c.split, {})[c.what] = c
    table = _table("items", "split")
    for what in whats:
        table.add_column(what, justify="right")
    for split, row in of_split.items():
        cells = []
        for count in map(row.get, whats):
            cells.append(Text("") if count is None else _cell(count))
        table.add_row(Text(split), *cells)
    return table


def _cell(count: Count) -> Text:
    from rich.text import Text

    if count.published in (None, count.found):
        return Text(f"{count.found:,}")
    return Text(f"{count.found:,} (published {count.published:,})", "bold red")


def _table(title: str, *columns: str) -> Table:
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    for name in columns:
        table.add_column(name, overflow="fold")
    return table


def handle_info(arguments: argparse.Namespace) -> int:
    from ..pluginhost import PluginHost

    host = PluginHost()
    if arguments.name:
        return _show_card(arguments.name, arguments.json, host)
    from ..data.cards import card_of, total

    rows: list[dict[str, Any]] = []
    for entry in host.catalog.entries("dataset"):
        row: dict[str, Any] = {"name": entry.name, "distribution": entry.owner.distribution}
        try:
            card = card_of(entry)
        except ReidbenchError as error:
            rows.append(row | {"problem": str(error)})
            continue
        row |= {
            "card": card.name,
            "modalities": list(card.modalities),
            "identities": total(card, "identities"),
            "images": total(card, "images"),
            "synthetic": card.synthetic,
        }
        rows.append(row)
    if arguments.json:
        print(json.dumps(rows, indent=2, ensure_ascii=False))
        return 0

    from rich.console import Console

    table = _table("data sets, numbers as published", "name", "modalities")
    table.add_column("identities", justify="right")
    table.add_column("images", justify="right")
    table.add_column("", overflow="fold")
    for row in rows:
        table.add_row(
            row["name"],
            ", ".join(row.get("modalities", ())),
            *(f"{row[n]:,}" if row.get(n) is not None else "" for n in ("identities", "images")),
            row.get("problem") or ("synthetic" if row["synthetic"] else ""),
        )
    Console().print(table)
    return 0


def _show_card(name: str, as_json: bool, host: PluginHost) -> int:
    from reidbench_registry.signature import signature

    from ..data.cards import card_of

    entry = host.find("dataset", name)
    card = card_of(entry)
    takes = signature(entry).parameters
    if as_json:
        told = {"name": entry.name, "arguments": takes, "card": asdict(card)}
        print(json.dumps(told, indent=2, ensure_ascii=False))
        return 0

    from rich.console import Console
    from rich.markdown import Markdown
    from rich.table import Table
    from rich.text import Text

    console = Console()
    table = Table(box=None, show_header=False, title=f"{card.name}", title_justify="left")
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    facts = {
        "entry": entry.qualified,
        "arguments": ", ".join(name for name, needed in takes.items() if needed),
        "optional": ", ".join(name for name, needed in takes.items() if not needed),
        "modalities": ", ".join(card.modalities),
        "synthetic": "yes: no camera took the images" if card.synthetic else "",
        "licence": card.licence,
        "access": card.access,
        "citation": card.citation,
        "protocols": ", ".join(card.protocols),
    }
    for key, value in facts.items():
        if value:
            table.add_row(key, Text(value))
    console.print(table)
    if card.counts:
        from ..data.index import published

        console.print(_counts_table(published(card)))
    console.print(Markdown(card.description))
    return 0


def handle_derive(arguments: argparse.Namespace) -> int:
    from ..config import overrides
    from ..config.check import check_entry
    from ..pluginhost import PluginHost

    if arguments.jobs < 1:
        raise ConfigError(f"--jobs {arguments.jobs}: expected a number from 1")
    if arguments.seed < 0:
        raise ConfigError(f"--seed {arguments.seed}: expected a number from 0")
    host = PluginHost()
    operators = _operators(arguments.operators)
    overrides.apply(operators, arguments.cfg_options)
    for modality, cfg in operators.items():
        check_entry("transform", cfg, f"--operators {modality}", False, host)

    from ..data.derive import Operator, derive
    from ..tools.manifest import read_manifest, write_manifest

    table = arguments.out / f"manifest.{arguments.table}"
    if arguments.manifest.resolve() == table.resolve():
        raise ConfigError(f"--out {arguments.out}: the manifest would overwrite the one it is from")
    records = read_manifest(arguments.manifest)
    entries = [
        Operator(
            modality,
            host.find("transform", cfg["type"]),
            {k: v for k, v in cfg.items() if k != "type"},
        )
        for modality, cfg in operators.items()
    ]
    try:
        made = derive(
            records,
            entries,
            arguments.out,
            arguments.seed,
            arguments.format,
            arguments.jobs,
            _reporter().track,
        )
    except DataError as error:
        for problem in error.problems[1:]:
            print(problem, file=sys.stderr)
        raise
    write_manifest(table, made.records)

    from rich.console import Console

    console = Console()
    for line in made.notes:
        console.print(line, highlight=False, soft_wrap=True)
    console.print(f"{table}", highlight=False, soft_wrap=True)
    return 0


def _operators(given: list[str]) -> dict[str, Any]:
    """modality -> config of its operator"""
    from reidbench_registry import MODALITIES

    pictures = [m for m in MODALITIES if m not in ("rgb", "text")]
    operators: dict[str, Any] = {}
    for word in given:
        modality, separator, name = word.partition("=")
        if not separator or not name:
            raise ConfigError(
                f"--operators {word!r}: expected modality=transform, as {' '.join(OPERATORS)}"
            )
        if modality not in pictures:
            raise UnknownEntryError(
                f"--operators {word!r}: unknown modality {modality!r}"
                f"{did_you_mean(modality, pictures)} (modalities: {', '.join(pictures)})"
            )
        if modality in operators:
            raise ConfigError(f"--operators: {modality} is given twice")
        operators[modality] = {"type": name}
    return operators
