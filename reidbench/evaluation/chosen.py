"""The tasks and metrics that somebody chooses by name, without a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from reidbench_registry import ConfigError, Entry, Metric, Task
from reidbench_registry.registries import KindRegistry

from ..config.check import check_entry
from ..config.schema import METRICS
from ..pluginhost import PluginHost
from .taskfile import read_task


class Chosen(NamedTuple):
    tasks: list[Task]
    metrics: list[Metric]
    protocol: str | None
    """The name of the protocol that the tasks are of; None: a task by itself."""
    entries: list[Entry]
    """Every entry that was built, each once."""


def choose(
    host: PluginHost,
    kind: str,
    cfg: Mapping[str, Any],
    metrics: Sequence[Mapping[str, Any]] = METRICS,
) -> Chosen:
    """Build `cfg`, a config of the kind `task` or `protocol`, and the metrics. A task whose `type`
    ends in `.json` is read from that file. Raises ConfigError for anything wrong in them."""
    used: list[Entry] = []

    def create(kind: str, cfg: Mapping[str, Any]) -> Any:
        return _create(host, kind, cfg, used)

    protocol = None
    if kind == "protocol":
        tasks = [create("task", task) for task in create("protocol", cfg).tasks]
        protocol = cfg["type"]
    elif str(cfg.get("type")).endswith(".json"):
        if len(cfg) > 1:
            raise ConfigError(f"{cfg['type']}: a task from a file takes no arguments")
        tasks = [read_task(Path(cfg["type"]))]
    else:
        tasks = [create("task", cfg)]
    built = [create("metric", metric) for metric in metrics]
    return Chosen(tasks, built, protocol, list(dict.fromkeys(used)))


def build_metrics(host: PluginHost, metrics: Sequence[Mapping[str, Any]]) -> list[Metric]:
    """The metrics that configs describe. Raises ConfigError for anything wrong in them."""
    return [_create(host, "metric", metric, []) for metric in metrics]


def _create(host: PluginHost, kind: str, cfg: Mapping[str, Any], used: list[Entry]) -> Any:
    plain = dict(cfg)
    check_entry(kind, plain, kind, False, host)
    used.append(host.find(kind, plain["type"]))
    return KindRegistry(kind, host.catalog).create(plain)
