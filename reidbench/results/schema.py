"""python -m reidbench.results.schema: the JSON Schema of a result record.

`reidbench/results/result.schema.json` is its output. What a key means is the docstring below it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from .record import ResultRecord

FILE = Path(__file__).with_name("result.schema.json")


class _WithoutTitles(GenerateJsonSchema):
    """A title that only repeats the key is left out."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def schema() -> dict[str, Any]:
    """The schema as plain JSON data (draft 2020-12)."""
    made = ResultRecord.model_json_schema(schema_generator=_WithoutTitles)
    return {"$schema": GenerateJsonSchema.schema_dialect, **_flat(made)}


def text() -> str:
    """The content of the file."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def _flat(value: Any) -> Any:
    """Descriptions without the line breaks of the source."""
    if isinstance(value, list):
        return [_flat(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        key: " ".join(one.split()) if key == "description" and isinstance(one, str) else _flat(one)
        for key, one in value.items()
    }


if __name__ == "__main__":
    print(text(), end="")
