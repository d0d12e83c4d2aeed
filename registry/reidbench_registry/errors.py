"""Two families of errors: the user's (one line, a fixed exit code) and everything else (a bug)."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class ReidbenchError(Exception):
    """A mistake that the user can mend. Printed as one line, never as a traceback."""

    exit_code = 2


class ConfigError(ReidbenchError, ValueError):
    """A config, an override or an argument is wrong. Entries raise it from `__init__`."""


class UnknownEntryError(ConfigError):
    """A (kind, name) that no healthy plugin brings."""


class AmbiguousEntryError(ConfigError):
    """A bare name that several plugins claim."""


class DataError(ReidbenchError):
    """A file, a field or a record is missing or unusable. The message names it."""


class PluginError(ReidbenchError):
    """A plugin that a config needs is broken, or breaks the contract."""


class CheckFailed(ReidbenchError):
    """A check ran to its end and said no."""

    exit_code = 1


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`"; did you mean 'steps'?"` when something in `known` is close to `name`, else `""`."""
    known = list(known)
    by_fold = {k.casefold(): k for k in known}
    near = difflib.get_close_matches(name.casefold(), list(by_fold), n=1, cutoff=0.6)
    return f"; did you mean {by_fold[near[0]]!r}?" if near else ""
