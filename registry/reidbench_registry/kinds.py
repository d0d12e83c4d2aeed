"""The kinds of entries, and the modalities of records."""

from __future__ import annotations

KINDS: dict[str, str] = {
    "backbone": "a model, teacher or student, that embeds records",
    "loss": "a training loss over labelled features",
    "distiller": "a loss that moves the student's features towards the teacher's",
    "dataset": "a card and an index of records",
    "task": "one query -> gallery evaluation",
    "protocol": "a named bundle of tasks",
    "metric": "a per-query figure computed from the ranks of the positives",
    "sampler": "the order in which records form training batches",
    "transform": "an augmentation, or an operator that derives one modality from another",
}
"""Kind -> what an entry of it is."""

MODALITIES: tuple[str, ...] = ("rgb", "ir", "thermal", "sketch", "color_pencil", "text")
"""Modalities in the order of their integer codes: losses and distillers receive `modality[B]` as
indices into this tuple."""

COMPOSITE_SEPARATOR = "+"
"""Stands between the modalities of a composite query's members: `ir+sketch`."""

MODALITY_CODE: dict[str, int] = {name: code for code, name in enumerate(MODALITIES)}

SUPPLIED: dict[str, frozenset[str]] = {
    "backbone": frozenset({"embed_dim"}),
    "loss": frozenset({"num_classes", "embed_dim"}),
    "distiller": frozenset({"student_dim", "teacher_dim"}),
}
"""Kind -> arguments that the harness supplies when the entry's signature has them and the config
leaves them out: `embed_dim` of a student is its teacher's dimension; `num_classes` of a loss is the
number of train identities, its `embed_dim` the dimension of the features; `student_dim` and
`teacher_dim` of a distiller are the dimensions of the two."""
