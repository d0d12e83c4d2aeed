"""What every stage of a run needs."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from reidbench_registry import KINDS, Owner, ReidbenchError, RunInfo
from reidbench_registry.errors import explain
from reidbench_registry.kinds import SUPPLIED
from reidbench_registry.registries import KindRegistry
from reidbench_registry.signature import Signature, signature

from .. import distributed
from ..config import Experiment
from ..config.fill import WEIGHT
from ..config.modes import MODELS
from ..pluginhost import EntryFailed, PluginHost, labelled
from ..terminal.reporter import Reporter
from ..tools.files import write_json
from .store import Store


class Output(NamedTuple):
    """A finished stage: where its files lie, and its key."""

    folder: Path
    key: str


@dataclass
class Context:
    experiment: Experiment
    host: PluginHost
    work_dir: Path
    run_dir: Path
    reporter: Reporter
    given: Mapping[str, Output] = field(default_factory=dict)
    """Outputs of another run, by stage: models that are evaluated and not trained."""

    def __post_init__(self) -> None:
        self.store = Store(self.work_dir)
        self._registries = {kind: KindRegistry(kind, self.host.catalog) for kind in KINDS}

    def section(self, model: str) -> Any:
        """The section of the config that describes a model, or None."""
        return getattr(self.experiment, MODELS[model])

    def set_section(self, model: str, section: Any) -> None:
        """Put a more complete section in the place of a model's, in `config.json` too."""
        self.experiment = replace(self.experiment, **{MODELS[model]: section})
        self.write_config()

    def write_config(self) -> None:
        """`config.json` in the run folder: the config with every default filled in."""
        if distributed.is_main():
            write_json(self.run_dir / "config.json", asdict(self.experiment))

    def create(self, kind: str, cfg: Mapping[str, Any], **extra: Any) -> Any:
        """The object that an entry's config describes."""
        plain = {key: value for key, value in cfg.items() if key != WEIGHT}
        entry = self.host.find(kind, cfg["type"])
        try:
            return labelled(self._registries[kind].create(plain, **extra), entry)
        except ReidbenchError:
            raise
        except Exception as error:
            owner = f"{entry.owner.distribution} {entry.owner.version}"
            words = f"{kind} {entry.name!r} of {owner} cannot be built"
            raise EntryFailed(f"{words}: {explain(error, entry.owner.distribution)}") from error

    def signature(self, kind: str, cfg: Mapping[str, Any]) -> Signature:
        """What the entry takes."""
        return signature(self.host.find(kind, cfg["type"]))

    def supplied(self, kind: str, cfg: Mapping[str, Any]) -> frozenset[str]:
        """The arguments that the harness supplies to an entry: it takes them, and the config leaves
        them out."""
        takes = self.signature(kind, cfg).parameters
        return (SUPPLIED.get(kind, frozenset()) & takes.keys()) - cfg.keys()

    def process_group(self) -> AbstractContextManager[None]:
        """With the other ranks, if several processes were started."""
        return distributed.process_group(cpu=self.experiment.run.device == "cpu")

    def info(self) -> RunInfo:
        """The run as hooks see it."""
        run = self.experiment.run
        return RunInfo(self.run_dir.name, self.run_dir, run.seed, asdict(self.experiment))

    def call(self, hook: str, expected: type = object, **info: Any) -> list[tuple[Owner, Any]]:
        """What the plugins' hooks answer; a hook that fails is a line of the run. Only rank 0
        calls them."""
        if not distributed.is_main():
            return []

        def tell(line: str) -> None:
            self.reporter.line("plugin", line)

        return self.host.call(hook, tell, expected, **info)
