"""The records that a model can embed."""

from __future__ import annotations

from collections.abc import Sequence

from reidbench_registry import Backbone, ConfigError, Record


def usable(records: Sequence[Record], backbone: Backbone, stage: str) -> list[Record]:
    """The records whose modality the backbone embeds. Raises ConfigError when there is none."""
    embedded = [r for r in records if r.modality in backbone.modalities]
    if not embedded:
        raise ConfigError(
            f"{stage}: the backbone embeds {', '.join(sorted(backbone.modalities))}, the data "
            f"has {', '.join(sorted({r.modality for r in records if not r.members}))}"
        )
    return embedded
