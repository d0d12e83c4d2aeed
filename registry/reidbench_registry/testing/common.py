"""Checks for entries of every kind."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path
from typing import Any

from .. import interfaces
from ..errors import did_you_mean
from .subject import Subject, require

CONTRACTS: dict[str, Any] = {
    "backbone": interfaces.Backbone,
    "loss": interfaces.Loss,
    "distiller": interfaces.Distiller,
    "dataset": interfaces.Dataset,
    "metric": interfaces.Metric,
    "sampler": interfaces.Sampler,
    "transform": interfaces.Transform,
}
CLAIMS: dict[str, tuple[str, ...]] = {
    "loss": ("bfloat16",),
    "distiller": ("bfloat16", "zero_at_optimum"),
    "backbone": ("bfloat16",),
}
"""Kind -> what an entry may promise beyond its contract, as `claims = ("bfloat16", ...)` in its
class: that it works with bfloat16, that a student equal to the teacher has loss 0."""
_SHAPE = re.compile(r"\w\[\w+(, ?\w+)*\]")
_PICKLES = ("pickle", "cPickle", "cloudpickle", "dill", "joblib", "shelve", "marshal")


def loads(subject: Subject) -> None:
    """The target can be imported, and called."""
    require(callable(subject.target), f"{subject.entry.target} is no class and no function")


def builds(subject: Subject) -> None:
    """It is built from its defaults, or from what `conformance` returns."""
    subject.build()


def has_every_member(subject: Subject) -> None:
    """It has every required member of its kind's contract."""
    contract = CONTRACTS[subject.entry.kind]
    built = subject.build()
    names = [*contract.__annotations__, *_methods(contract)]
    lacking = [name for name in names if not hasattr(built, name)]
    require(
        not lacking,
        f"it lacks {', '.join(lacking)}, which {contract.__name__} asks for",
    )


def claims_what_is_known(subject: Subject) -> None:
    """`claims`, where there are any, are known ones."""
    known = CLAIMS.get(subject.entry.kind, ())
    for claim in subject.claims:
        require(
            claim in known,
            f"unknown claim {claim!r}{did_you_mean(str(claim), known)} "
            f"(known: {', '.join(known) or 'none'})",
        )


def is_documented(subject: Subject) -> None:
    """It has a docstring."""
    require(_own_doc(subject.target), f"{subject.target.__name__} has no docstring")


def documents_shapes(subject: Subject) -> None:
    """The docstring of its main method gives shapes, as in `features[B, D]`."""
    name = "encode" if subject.entry.kind == "backbone" else "__call__"
    method = getattr(subject.target, name, None)
    if name == "__call__" and (method is None or not _own_doc(method)):
        method = getattr(subject.target, "forward", method)  # a torch module
    doc = inspect.getdoc(method) or ""
    require(_SHAPE.search(doc), f"{name} has no docstring with shapes, like features[B, D]")


def uses_no_pickle(subject: Subject) -> None:
    """Its module neither imports a pickle nor loads one with torch."""
    file = inspect.getsourcefile(inspect.unwrap(subject.target))
    if file is None:
        return
    tree = ast.parse(Path(file).read_bytes())
    for node in ast.walk(tree):
        modules: list[str] = []
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            modules = [node.module or ""]
        for module in modules:
            require(module.partition(".")[0] not in _PICKLES, f"{file}: imports {module}")
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "torch.load":
            safe = {"weights_only": True}
            given = {k.arg: getattr(k.value, "value", None) for k in node.keywords}
            require(safe.items() <= given.items(), f"{file}: torch.load without weights_only=True")


def _own_doc(thing: Any) -> str:
    """Its own docstring, none that it inherits."""
    return (getattr(thing, "__doc__", None) or "").strip()


def _methods(contract: Any) -> list[str]:
    return [
        name
        for name, value in vars(contract).items()
        if inspect.isfunction(value)
        and (name == "__call__" or not name.startswith("_"))
        and value.__module__ == contract.__module__
    ]
