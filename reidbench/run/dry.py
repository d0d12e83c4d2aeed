"""What a run would do: its stages with their keys, its models with their parameters.

The stages are walked as in a run, so that keys and skips are those of the run, but not run. Only
the data set is prepared: the keys depend on its fingerprint.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import nn

from reidbench_registry import DataError

from ..data.prepared import Data
from ..models.build import build_backbone
from ..terminal.reporter import Reporter
from .context import Context, Output
from .index import index
from .pipeline import key_of, walk
from .preflight import check_data, preflight
from .runner import prepare
from .stage import Stage
from .stages.distill import complete_student
from .stages.needed import teacher_is_needed, trains_student


def dry_run(path: Path, options: list[str], seed: int | None, work_dir: Path) -> bool:
    """Check everything that a run of the config needs and say what it would do. Returns whether
    all is there; what is missing is said in a line each. Nothing is trained or laid out."""
    context = prepare(path, options, seed, work_dir)
    with tempfile.TemporaryDirectory() as scratch:
        context.run_dir = Path(scratch)
        context.reporter = Reporter(Path(scratch) / "log.jsonl")
        preflight(context)
        return all([_show_models(context), _show_stages(context)])


def _show_models(context: Context) -> bool:
    """A few lines about every model; False when one cannot be built. The student's dimension is
    completed, as a run does when it has the teacher's bank."""
    whole = True
    needed = {"teacher": teacher_is_needed(context), "student": trains_student(context)}
    for name, wanted in needed.items():
        if not wanted:
            continue
        section = context.section(name)
        try:
            backbone: Any = build_backbone(context.create, section, context.experiment.run.seed)
        except DataError as error:
            context.reporter.line(name, f"missing: {error}")
            whole = False
            continue
        if name == "teacher" and needed["student"]:
            complete_student(context, backbone.embed_dim)
        _show(context, name, section.backbone["type"], backbone)
    return whole


def _foresee(context: Context, stage: Stage, data: Data, inputs: Mapping[str, Output]) -> Output:
    """Say what a run would do with a stage."""
    key, _ = key_of(context, stage, data, inputs)
    state = "present" if context.store.has(stage.name, key) else "to make"
    if any(context.store.partial(stage.name, key).glob("step-*")):
        state = "to continue"
    context.reporter.line(stage.name, f"{state} ({key[:8]})")
    return Output(context.store.folder(stage.name, key), key)


def _show_stages(context: Context) -> bool:
    """A line for every stage; False when the data is not there."""
    try:
        data = index(context)
        check_data(context, data)
    except DataError as error:
        context.reporter.line("data", f"missing: {error}")
        context.reporter.line("data", "the keys of the stages depend on it")
        return False
    walk(context, data, _foresee)
    return True


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
            context.reporter.line(name, f"{fact}: {value}")
            continue
        context.reporter.line(name, f"{fact}: {len(value)}")
        for line in grouped(value):
            context.reporter.line("", f"  {line}")


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
