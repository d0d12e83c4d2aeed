"""What every stage of a run needs."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

from rich.markup import escape

from reidbench_registry import KINDS, Owner, RunInfo, StageInfo
from reidbench_registry.registries import KindRegistry
from reidbench_registry.signature import Signature, signature

from .. import processes, provenance
from ..config import Experiment
from ..config.check import WEIGHT
from ..config.walk import entries_in
from ..pluginhost import PluginHost
from ..reporter import Reporter
from .store import Store, key_of, link


class Output(NamedTuple):
    """A finished stage: its folder in the store and its key."""

    folder: Path
    key: str


@dataclass
class Context:
    experiment: Experiment
    host: PluginHost
    work_dir: Path
    run_dir: Path
    reporter: Reporter

    def __post_init__(self) -> None:
        self.store = Store(self.work_dir / "stages")
        self._registries = {kind: KindRegistry(kind, self.host.catalog) for kind in KINDS}

    def create(self, kind: str, cfg: dict[str, Any], **extra: Any) -> Any:
        """The object that an entry's config describes."""
        plain = {key: value for key, value in cfg.items() if key != WEIGHT}
        return self._registries[kind].create(plain, **extra)

    def signature(self, kind: str, cfg: dict[str, Any]) -> Signature:
        """What the entry takes."""
        return signature(self.host.find(kind, cfg["type"]))

    def components(self, *sections: Any) -> list[dict[str, str]]:
        """Provenance of every entry that the sections name, each once."""
        found = [
            self.host.find(kind, cfg["type"])
            for section in sections
            for kind, cfg in entries_in(section)
        ]
        return [provenance.component(entry) for entry in dict.fromkeys(found)]

    def together(self) -> AbstractContextManager[None]:
        """With the other processes, if several were started."""
        return processes.together(cpu=self.experiment.run.device == "cpu")

    def info(self) -> RunInfo:
        """The run as hooks see it."""
        run = self.experiment.run
        return RunInfo(self.run_dir.name, self.run_dir, run.seed, asdict(self.experiment))

    def call(self, hook: str, expected: type = object, **info: Any) -> list[tuple[Owner, Any]]:
        """What the plugins' hooks answer; what goes wrong in one is a line of the run. Of processes
        that were started together only the main one asks."""
        if not processes.is_main():
            return []

        def tell(line: str) -> None:
            self.reporter.line("plugin", escape(line))

        return self.host.call(hook, tell, expected, **info)

    def stage(
        self, name: str, section: Any, inputs: dict[str, Any], work: Callable[[Path], None]
    ) -> Output:
        """Run a stage, or skip it when its output is present and whole."""
        key, material = self._key(name, section, inputs)
        present = processes.from_main(self.store.has(name, key))
        if present:
            folder = self.store.folder(name, key)
            self.reporter.line(name, f"present ({key[:8]}), skipped", key=key)
        else:
            folder = self.store.make(name, key, material, work)
            self.reporter.line(name, f"done ({key[:8]})", key=key)
        if processes.is_main():
            link(folder, self.run_dir / name)
        info = StageInfo(self.info(), name, self.run_dir / name, key, present)
        self.call("reidbench_after_stage", stage=info)
        return Output(folder, key)

    def partial(self, name: str, section: Any, inputs: dict[str, Any]) -> Path:
        """Where the stage of the same arguments may keep its progress; gone once it is done."""
        return self.store.partial(name, self._key(name, section, inputs)[0])

    def _key(self, name: str, section: Any, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """A stage's key and what it is made from: the section's config, the code of the entries and
        the content of the weights that it names, the harness's version and the inputs (keys of
        earlier stages, the seed)."""
        material = {
            "stage": name,
            "config": asdict(section),
            "components": self.components(section),
            "files": provenance.named_files(asdict(section).get("backbone", {})),
            "reidbench": provenance.version(),
            "inputs": inputs,
        }
        return key_of(material), material
