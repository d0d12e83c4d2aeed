"""The device of a run."""

from __future__ import annotations

import torch

from reidbench_registry import ConfigError

from ..config.schema import Run


def device_of(run: Run) -> torch.device:
    """`auto` is the first GPU if there is one. Raises ConfigError for a device torch lacks."""
    if run.device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(run.device)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        first = str(error).partition("\n")[0]
        raise ConfigError(f"run.device {run.device!r}: {first}") from None
    return device
