"""What the actions of `reidbench data` share: the options that name a data set, and tables."""

from __future__ import annotations

import argparse
import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reidbench_registry import ConfigError

from ..parser import add_verb
from ..shared import add_level

if TYPE_CHECKING:
    from rich.text import Text

    from ...data.report import Count
    from ...pluginhost import PluginHost
    from ...terminal.reporter import Reporter
    from ...terminal.sheet import Sheet


def parser(
    verbs: argparse._SubParsersAction, name: str, words: str, epilog: str
) -> argparse.ArgumentParser:
    action = add_verb(verbs, name, words, epilog)
    add_level(action)
    return action


def add_dataset(action: argparse.ArgumentParser) -> None:
    """The options that name a data set and its arguments."""
    action.add_argument("name", help="a data set (`reidbench data info` lists them)")
    action.add_argument("--root", help="the folder that holds it")
    action.add_argument(
        "--option",
        "--cfg-options",
        nargs="+",
        default=[],
        action="extend",
        dest="options",
        metavar="argument=value",
        help="other arguments of the data set",
    )


def dataset_config(arguments: argparse.Namespace, host: PluginHost) -> dict[str, Any]:
    """The config of the data set that the options name. Raises ConfigError for a wrong argument."""
    from ...config import overrides

    cfg: dict[str, Any] = {"type": arguments.name}
    if arguments.root is not None:
        cfg["root"] = arguments.root
    overrides.apply(cfg, arguments.options)
    check_arguments(cfg, host)
    return cfg


def check_arguments(cfg: dict[str, Any], host: PluginHost) -> None:
    """As in a config; the root, which almost every data set needs, has an option of its own."""
    from reidbench_registry.signature import signature

    from ...config.check import check_entry

    needs = signature(host.find("dataset", cfg["type"])).parameters
    if needs.get("root") and "root" not in cfg:
        raise ConfigError(f"{cfg['type']} needs its folder: --root DIR")
    check_entry("dataset", cfg, "--option", False, host)


@contextlib.contextmanager
def caches(work_dir: Path | None) -> Iterator[Any]:
    """Where a data set with a given config keeps what it makes: the folder of runs in `work_dir`,
    or a temporary one."""
    from ...data.prepared import cache_folder

    with contextlib.ExitStack() as stack:
        base = work_dir or Path(stack.enter_context(tempfile.TemporaryDirectory()))

        def cache(cfg: dict[str, Any]) -> Path:
            folder = cache_folder(base, cfg)
            folder.mkdir(parents=True, exist_ok=True)
            return folder

        yield cache


def reporter() -> Reporter:
    """Progress bars on stderr, so that stdout is the result alone; no log."""
    from rich.console import Console

    from ...terminal.reporter import Reporter

    return Reporter(Path(os.devnull), Console(stderr=True))


def counts_table(counts: list[Count]) -> Sheet:
    """split x what, each as found, and as published where that is something else."""
    from ...terminal.sheet import Sheet

    whats = list(dict.fromkeys(c.what for c in counts))
    of_split: dict[str, dict[str, Count]] = {}
    for c in counts:
        of_split.setdefault(c.split, {})[c.what] = c
    rows = [
        [split, *("" if (count := row.get(what)) is None else _cell(count) for what in whats)]
        for split, row in of_split.items()
    ]
    return Sheet(["split", *whats], rows, right=whats, title="items", boxed=True)


def _cell(count: Count) -> str | Text:
    from rich.text import Text

    if count.published in (None, count.found):
        return f"{count.found:,}"
    return Text(f"{count.found:,} (published {count.published:,})", "bold red")
