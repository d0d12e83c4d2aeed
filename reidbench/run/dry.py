"""What a run would do: its stages with their keys, its models with their parameters.

The stages are walked as in a run, so that keys and skips are those of the run; what they would do
is left out. Only the data set is prepared, as the keys hang on its fingerprint.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from rich.markup import escape
from torch import nn

from reidbench_registry import DataError

from .. import config
from ..config import Experiment
from ..config.schema import Student, Teacher
from ..pluginhost import PluginHost
from ..reporter import Reporter
from .context import Context, Output
from .preflight import preflight


class _Dry(Context):
    """A context whose stages only say what would become of them."""

    def stage(
        self, name: str, section: Any, inputs: dict[str, Any], work: Callable[[Path], None]
    ) -> Output:
        key, _ = self._key(name, section, inputs)
        there = "present" if self.store.has(name, key) else "to make"
        if any(self.store.partial(name, key).glob("step-*")):
            there = "to continue"
        self.reporter.line(name, f"{there} ({key[:8]})")
        return Output(self.store.folder(name, key), key)


def dry_run(path: Path, options: list[str], seed: int | None, work_dir: Path) -> bool:
    """Check everything that a run of the config needs and say what it would do. Returns whether
    all is there; what is missing is said in a line each. Nothing is trained or laid out."""
    host = PluginHost()
    if seed is not None:
        options = [*options, f"run.seed={seed}"]
    experiment = config.resolve(config.load(path), options, host)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        context = _Dry(experiment, host, work_dir, folder, Reporter(folder / "log.jsonl"))
        preflight(context)
        return all([_show_models(context, experiment), _show_stages(context)])


def _show_models(context: Context, experiment: Experiment) -> bool:
    """A few lines about every model; False when one cannot be built."""
    whole, dim = True, None
    for name, section in (("teacher", experiment.teacher), ("student", experiment.student)):
        if section is None or not experiment.needs(name):
            continue
        try:
            backbone = _build(context, section, dim)
        except DataError as error:
            context.reporter.line(name, escape(f"missing: {error}"))
            whole = False
            continue
        if name == "teacher":
            dim = backbone.embed_dim
        _show(context, name, section.backbone["type"], backbone)
    return whole


def _build(context: Context, section: Teacher | Student, teacher_dim: int | None) -> Any:
    cfg = section.backbone
    extra = {}
    if teacher_dim is not None and cfg.get("embed_dim") is None:
        takes = context.signature("backbone", cfg).parameters
        extra = {"embed_dim": teacher_dim} if "embed_dim" in takes else {}
    torch.manual_seed(context.experiment.run.seed)
    return context.create("backbone", cfg, **extra)


def _show(context: Context, name: str, kind: str, backbone: nn.Module) -> None:
    sizes = [(p.numel(), p.requires_grad) for p in backbone.parameters()]
    trained = sum(size for size, wanted in sizes if wanted)
    total = sum(size for size, _ in sizes)
    context.reporter.line(
        name, f"{kind}: {trained:,} of {total:,} parameters are trained ({trained / total:.2%})"
    )
    describe = getattr(backbone, "describe", None)
    facts: Mapping[str, Any] = describe() if callable(describe) else {}
    for fact, value in facts.items():
        if isinstance(value, str) or not isinstance(value, Sequence):
            context.reporter.line(name, escape(f"{fact}: {value}"))
            continue
        context.reporter.line(name, escape(f"{fact}: {len(value)}"))
        for line in grouped(value):
            context.reporter.line("", escape(f"  {line}"))


def grouped(names: Sequence[str]) -> list[str]:
    """Module names that differ in one number as one line: `blocks.{0-3,7}.attn.qkv (5)`."""
    groups: dict[str, list[int]] = {}
    for name in names:
        number = re.search(r"\.(\d+)\.", name)
        stem = f"{name[: number.start(1)]}*{name[number.end(1) :]}" if number else name
        groups.setdefault(stem, []).append(int(number[1]) if number else 0)
    lines = []
    for stem, numbers in groups.items():
        if "*" not in stem:
            lines.append(stem)
        else:
            lines.append(f"{stem.replace('*', f'{{{_ranges(numbers)}}}')} ({len(numbers)})")
    return lines


def _ranges(numbers: list[int]) -> str:
    """[0, 1, 2, 5] -> '0-2,5'"""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)


def _show_stages(context: Context) -> bool:
    """A line for every stage; False when the data is not there."""
    from .stages import data, distill, embed, evaluate, teacher

    try:
        found = data.run(context)
    except DataError as error:
        context.reporter.line("data", escape(f"missing: {error}"))
        context.reporter.line("data", "the keys of the stages hang on it")
        return False
    bank = None
    if context.experiment.teacher is not None:
        bank = embed.run(context, found, teacher.run(context, found))
    wanted = context.experiment.needs("student")
    student = distill.run(context, found, bank) if wanted else None
    evaluate.run(context, found, bank, student)
    return True
