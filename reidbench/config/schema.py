"""The sections of a config that the harness itself reads. Everything else belongs to entries."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

METRICS: tuple[dict[str, Any], ...] = ({"type": "CMC"}, {"type": "mAP"}, {"type": "mINP"})
"""The metrics that are computed unless a config says otherwise."""

Mode = Literal["cloud", "edge", "edge-cloud"]
MODES: tuple[Mode, ...] = ("cloud", "edge", "edge-cloud")
SIDES: dict[str, tuple[str, str]] = {
    "cloud": ("teacher", "teacher"),
    "edge": ("student", "student"),
    "edge-cloud": ("student", "teacher"),
}
"""Deployment mode -> the models that embed queries and gallery."""


def entry(kind: str, **kwargs: Any) -> Any:
    """A field that holds `dict(type=name, ...)` of one kind."""
    return field(metadata={"kind": kind}, **kwargs)


def entries(kind: str, weighted: bool = False) -> Any:
    """A field that holds a list of such dicts; `weighted`: each may carry `weight` (default 1)."""
    return field(default_factory=list, metadata={"kind": kind, "weighted": weighted})


@dataclass
class Validation:
    """Scores on the split `val` while a model is trained, by the run's protocol and metrics."""

    every: int
    """Steps from one look to the next; the last step is always looked at."""
    metric: str = "mAP"
    """Its mean over tasks and modes is what `selection='val'` goes by."""


@dataclass
class Training:
    """How one model is trained."""

    steps: int
    sampler: dict[str, Any] = entry("sampler")
    batches_per_step: int = 1
    """Batches of the sampler whose gradients are averaged into one step: one after the other, or
    shared out over processes that were started together, of which each takes equally many."""
    losses: list[dict[str, Any]] = entries("loss", weighted=True)
    optimizer: dict[str, Any] = field(default_factory=lambda: {"type": "AdamW", "lr": 1e-4})
    """A class of torch.optim by name, with its arguments."""
    warmup: float = 0.0
    """Share of the steps in which the learning rate rises linearly."""
    scheduler: dict[str, Any] | None = None
    """A class of torch.optim.lr_scheduler by name, for the steps after the warm-up. `T_max` and
    `total_iters` are the number of those steps unless given."""
    clip_norm: float | None = None
    augment: list[dict[str, Any]] = entries("transform")
    log_every: int = 20
    validation: Validation | None = None
    selection: Literal["last", "val"] = "last"
    """Which weights are the result: those of the last step, or those that validation found best;
    then the last stand in `last/` beside them."""


@dataclass
class Distillation(Training):
    """How the student is trained: its own losses, scaled as one, and the distillers."""

    task_weight: float = 1.0
    distillers: list[dict[str, Any]] = entries("distiller", weighted=True)


@dataclass
class Teacher:
    train: Training | None
    """None: the model is used as its weights are."""
    backbone: dict[str, Any] = entry("backbone")
    neck: Literal["none", "bn", "bn_per_modality"] = "bn"
    tap: Literal["before", "after"] = "before"
    """Whether the embedding is the feature before or after the neck."""


@dataclass
class Student:
    train: Distillation
    backbone: dict[str, Any] = entry("backbone")
    neck: Literal["none", "bn", "bn_per_modality"] = "none"
    tap: Literal["before", "after"] = "before"


@dataclass
class Evaluation:
    protocol: dict[str, Any] = entry("protocol")
    """A name alone stands for `dict(type=name)`."""
    modes: list[Mode] = field(default_factory=lambda: list(MODES))
    metrics: list[dict[str, Any]] = field(
        default_factory=lambda: [dict(m) for m in METRICS],
        metadata={"kind": "metric", "weighted": False},
    )
    batch_size: int = 128
    bank_dtype: Literal["fp32", "fp16"] = "fp32"
    """In which the teacher's bank is stored; scores are computed in fp32 either way."""


@dataclass
class Run:
    name: str | None = None
    """Name of the run folder; by default the config's, with the seed."""
    seed: int = 0
    device: str = "auto"
    precision: Literal["fp32", "bf16", "fp16"] = "fp32"
    threads: int | None = None
    """torch threads on the CPU; None: torch decides."""
    workers: int = 0
    """Processes that decode images while the model computes."""
    checkpoint_minutes: float | None = 10.0
    """Time between checkpoints that an interrupted training continues from: 0 takes one after
    every step, None takes none. Weights are the same whether or not a run was interrupted."""


@dataclass
class Experiment:
    """A whole config."""

    evaluation: Evaluation
    data: dict[str, Any] = entry("dataset")
    teacher: Teacher | None = None
    """None: the student is trained alone and only mode `edge` can be evaluated."""
    student: Student | None = None
    """None: only mode `cloud` can be evaluated."""
    run: Run = field(default_factory=Run)

    def needs(self, model: str) -> bool:
        """Whether `model` is trained: the teacher where there is one, the student for every mode
        but `cloud`."""
        if model == "teacher":
            return self.teacher is not None
        return self.student is not None and any(
            model in SIDES[mode] for mode in self.evaluation.modes
        )
