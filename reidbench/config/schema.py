"""The sections of a config that the harness itself reads. Everything else belongs to entries."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from .modes import MODES

METRICS: tuple[dict[str, Any], ...] = ({"type": "CMC"}, {"type": "mAP"}, {"type": "mINP"})
"""The metrics that are computed unless a config says otherwise."""

NOT_IN_KEYS = {"in_key": False}
"""Metadata of a setting that does not change what a stage makes: it stays out of stage keys."""


def entry(kind: str, **kwargs: Any) -> Any:
    """A field that holds `dict(type=name, ...)` of one kind."""
    return field(metadata={"kind": kind}, **kwargs)


def entries(kind: str, weighted: bool = False) -> Any:
    """A field that holds a list of such dicts; `weighted`: each may carry `weight` (default 1)."""
    return field(default_factory=list, metadata={"kind": kind, "weighted": weighted})


@dataclass
class Validation:
    """Scores on the split `val` while a model is trained, with the run's protocol and metrics."""

    every: int
    """Steps between two validations. The model of the last step is always validated."""
    metric: str = "mAP"
    """The mean of this metric over tasks and modes decides with `selection='val'`."""


@dataclass
class Training:
    """How one model is trained."""

    steps: int
    """Steps of the optimizer."""
    sampler: dict[str, Any] = entry("sampler")
    """Forms the batches, for example `dict(type="PKModality", p=16, k=2)`."""
    batches_per_step: int = 1
    """Batches of the sampler whose gradients are averaged into one step: one after the other in one
    process, or an equal number in each of several."""
    losses: list[dict[str, Any]] = entries("loss", weighted=True)
    """The losses whose weighted sum is minimised. At least one, except with distillers."""
    dims: list[int] = field(default_factory=list)
    """Matryoshka (Kusupati et al., NeurIPS 2022): losses and distillers see these many leading
    dimensions of the embedding, too, so that it may be cut to them afterwards. Losses that need
    logits or know the dimension see the whole embedding only."""
    optimizer: dict[str, Any] = field(default_factory=lambda: {"type": "AdamW", "lr": 1e-4})
    """A class of torch.optim by name, with its arguments."""
    warmup: float = 0.0
    """Fraction of the steps, in [0, 1), in which the learning rate rises linearly."""
    scheduler: dict[str, Any] | None = None
    """A class of torch.optim.lr_scheduler by name, for the steps after the warm-up. `T_max` and
    `total_iters` are the number of those steps unless given."""
    clip_norm: float | None = None
    """Largest L2 norm of the gradient; None: not clipped."""
    augment: list[dict[str, Any]] = entries("transform")
    """Transforms that every training item passes, in this order."""
    log_every: int = field(default=20, metadata=NOT_IN_KEYS)
    """Steps between two lines of `log.jsonl`."""
    validation: Validation | None = None
    """Scores on the split `val` while the model is trained; None: no validation. It changes the
    weights, and the key of the stage, only with `selection='val'`."""
    selection: Literal["last", "val"] = "last"
    """Which weights are the result: those of the last step, or those with the best validation; the
    weights of the last step then lie in `last/` beside them."""


@dataclass
class Distillation(Training):
    """How the student is trained: its own losses, scaled by one weight, and the distillers."""

    task_weight: float = 1.0
    """Factor of the sum of the weighted losses; distillers are not scaled by it."""
    distillers: list[dict[str, Any]] = entries("distiller", weighted=True)
    """What moves the student towards the features of its teacher; their weighted sum is added."""
    banks: list[str] = field(default_factory=list)
    """Other runs (their folders, or a bank's) whose teachers' features stand beside those of this
    run's teacher, each L2-normalised: several teachers as one. Without a teacher in the config the
    student learns from these alone. What counts for the key of the stage is their content."""
    unlabelled: dict[str, Any] | None = entry("sampler", default=None)
    """Forms a second part of every batch from the split `unlabelled`, for example
    `dict(type="Uniform", size=64)`; None: the split is not used. Only the distillers see these
    items, the losses never; the sampler does not get to see who is in them."""


@dataclass
class Teacher:
    """The cloud model."""

    train: Training | None
    """None: the model is used as its weights are."""
    backbone: dict[str, Any] = entry("backbone")
    """The model itself."""
    neck: Literal["none", "bn", "bn_per_modality"] = "bn"
    """Batch norm between the feature and the classifier: none, one (BNNeck), or one for each
    modality."""
    tap: Literal["before", "after"] = "before"
    """Whether the embedding is the feature before or after the neck. Retrieval, metric losses and
    distillers all use the embedding."""


@dataclass
class Student:
    """The edge model."""

    train: Distillation | None
    """None: the model is used as its weights are."""
    backbone: dict[str, Any] = entry("backbone")
    """The model itself. One that takes `embed_dim` and has none here gets the teacher's dimension;
    the run writes it into its `config.json`."""
    neck: Literal["none", "bn", "bn_per_modality"] = "none"
    """As the teacher's."""
    tap: Literal["before", "after"] = "before"
    """As the teacher's."""


@dataclass
class Evaluation:
    """What is scored."""

    protocol: dict[str, Any] = entry("protocol")
    """The tasks that are scored. A name alone stands for `dict(type=name)`."""
    modes: list[str] = field(default_factory=lambda: list(MODES))
    """Deployment modes: `cloud` (teacher to teacher), `edge` (student to student), `edge-cloud`
    (queries of the student, gallery of the teacher)."""
    metrics: list[dict[str, Any]] = field(
        default_factory=lambda: [dict(m) for m in METRICS],
        metadata={"kind": "metric", "weighted": False},
    )
    """What is computed from the ranking of each query; at least one."""
    dim: int | None = None
    """Leading dimensions that are scored, of teacher and student; None: all. See `dims` of a
    training."""
    batch_size: int = field(default=128, metadata=NOT_IN_KEYS)
    """Items that are embedded at once."""
    bank_dtype: Literal["fp32", "fp16"] = "fp32"
    """How the teacher's bank is stored; scores are computed in fp32 either way."""


@dataclass
class Run:
    """Seed, device and name of the run."""

    name: str | None = field(default=None, metadata=NOT_IN_KEYS)
    """Name of the run folder; by default the config's, with the seed."""
    seed: int = 0
    """Of initial weights, sampling and augmentation."""
    device: str = field(default="auto", metadata=NOT_IN_KEYS)
    """A torch device; `auto` is the first GPU, or the CPU without one."""
    precision: Literal["fp32", "bf16", "fp16"] = "fp32"
    """Of the training's autocast."""
    threads: int | None = field(default=None, metadata=NOT_IN_KEYS)
    """torch threads on the CPU; None: torch decides."""
    trained_on: list[str] = field(default_factory=list, metadata=NOT_IN_KEYS)
    """Names of other data sets that the weights saw, for example in pretraining: the result says
    so. What the run trains on itself stands there anyway."""
    workers: int = field(default=0, metadata=NOT_IN_KEYS)
    """Processes that decode images while the model computes; 0: none beside the main process."""
    checkpoint_minutes: float | None = field(default=10.0, metadata=NOT_IN_KEYS)
    """Time between checkpoints that an interrupted training continues from: 0 takes one after
    every step, None takes none. Weights are the same whether or not a run was interrupted."""
    report: bool = field(default=True, metadata=NOT_IN_KEYS)
    """Write `report.html` at the end: ranked lists, curves, maps. The cells of a sweep write none
    unless their config says so; `reidbench report RUN` writes it at any time."""


@dataclass
class Experiment:
    """The sections of a config."""

    evaluation: Evaluation
    """What is scored."""
    data: dict[str, Any] = entry("dataset")
    """The data set, for example `dict(type="SyntheticPedestrians", seed=0)`."""
    teacher: Teacher | None = None
    """None: the student is trained alone and only mode `edge` can be evaluated."""
    student: Student | None = None
    """None: only mode `cloud` can be evaluated."""
    run: Run = field(default_factory=Run)
    """How the run is done, and what its folder is called."""

    def uses(self, model: str) -> bool:
        """Whether any of the modes to be evaluated needs `model`."""
        return any(model in MODES[mode].models for mode in self.evaluation.modes)
