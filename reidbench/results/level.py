"""What every level of a result record is made of: typed, closed and bounded.

A record may be a stranger's and may be shown on a page: no string, list or number in it is without
a limit.
"""

from __future__ import annotations

from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..tools.terminal import safe

T = TypeVar("T")


class Level(BaseModel):
    """One level of the record: no key that is not declared, no value of another type."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        allow_inf_nan=False,
        use_attribute_docstrings=True,
    )


LARGEST = 2**53
"""Beyond it, a number of JSON is not exact in every reader."""

Name = Annotated[str, Field(max_length=500)]
"""A name, a version, a digest."""
Text = Annotated[str, Field(max_length=20_000)]
"""A citation, a description."""
Seed = Annotated[int, Field(ge=0, lt=2**63)]
Count = Annotated[int, Field(ge=0, le=LARGEST)]

Few = Annotated[list[T], Field(max_length=1_000)]
"""A list of names, splits, entries."""
Many = Annotated[list[T], Field(max_length=10_000)]
"""A list of rows, trials, cameras."""
Named = Annotated[dict[Name, T], Field(max_length=1_000)]
"""name -> value"""

Edges = tuple[float, float]
"""Lower and upper end."""
Metrics = Named[float]
"""metric -> value"""


def first_mistake(error: ValidationError) -> str:
    """The first mistake: the path of the key and what is wrong with it."""
    one = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where = ".".join(safe(key, 60) for key in one["loc"]) or "the file"
    more = f" (and {error.error_count() - 1} other mistakes)" if error.error_count() > 1 else ""
    return f"{where}: {safe(one['msg'])}{more}"
