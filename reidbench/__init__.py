"""reidbench: train, distil and evaluate cross-modal person re-identification models.

From Python: `load_model`, `Model` and `score` (docs/api.md). They are imported on first use:
`import reidbench` stays light.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .api import Model, load_model, score

__all__ = ["Model", "load_model", "score"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import api

    return getattr(api, name)


def __dir__() -> list[str]:
    return [*globals(), *__all__]
