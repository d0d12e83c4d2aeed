"""Two families of errors: mistakes of the user (one line, a fixed exit code), and bugs (all other
exceptions)."""

from __future__ import annotations

import difflib
import importlib.metadata
import importlib.util
import re
from collections.abc import Iterable


class ReidbenchError(Exception):
    """A mistake that the user can correct. Printed as one line, never as a traceback."""

    exit_code = 2


class ConfigError(ReidbenchError, ValueError):
    """A config, an override or an argument is wrong. Entries raise it from `__init__`."""


class UnknownEntryError(ConfigError):
    """A (kind, name) that no working plugin provides."""


class AmbiguousEntryError(ConfigError):
    """A name without its package that several plugins provide."""


class DataError(ReidbenchError):
    """A file, a field or a record is missing or unusable. The message names it.

    `problems`: where several things are wrong, one line for each; else the message."""

    def __init__(self, message: str, problems: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems) or (message,)


class PluginError(ReidbenchError):
    """A plugin that a config needs is broken, or breaks the contract."""


class CheckFailed(ReidbenchError):
    """A check ran to its end and did not pass."""

    exit_code = 1


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`"; did you mean 'steps'?"` when something in `known` is close to `name`, else `""`."""
    known = list(known)
    by_fold = {k.casefold(): k for k in known}
    near = difflib.get_close_matches(name.casefold(), list(by_fold), n=1, cutoff=0.6)
    return f"; did you mean {by_fold[near[0]]!r}?" if near else ""


_LINE = 300
"""How many characters of another package's message are shown"""
_PUBLISHED_AS = {
    "PIL": "pillow",
    "cv2": "opencv-python",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
}
"""Modules whose distribution has another name"""


def explain(error: BaseException, distribution: str) -> str:
    """One line about an exception from the code of `distribution`.

    For a missing package it says what to install: the extra of `distribution` that requires it, or
    else the package."""
    missing = isinstance(error, ModuleNotFoundError) and _missing_package(error.name or "")
    if missing:
        extra = _extra_with(missing, distribution)
        wanted = f"'{distribution}[{extra}]'" if extra else missing
        return f"the package {missing!r} is not installed: pip install {wanted}"
    try:
        line = " ".join(str(error).split())
    except BaseException:  # the error's own __str__ fails, or ends the process
        line = ""
    line = line if len(line) <= _LINE else f"{line[:_LINE]}..."
    return f"{type(error).__name__}: {line}" if line else type(error).__name__


def _missing_package(module: str) -> str | None:
    """The distribution to install; None when `module`'s top package is installed and only a part of
    it is missing."""
    top = module.partition(".")[0]
    try:
        installed = not top or importlib.util.find_spec(top) is not None
    except (ImportError, ValueError):
        installed = True
    return None if installed else _PUBLISHED_AS.get(top, top)


def _extra_with(package: str, distribution: str) -> str | None:
    """The first extra of `distribution` that requires `package`."""
    try:
        requirements = importlib.metadata.requires(distribution) or []
    except (importlib.metadata.PackageNotFoundError, ValueError):
        return None
    for requirement in requirements:
        name = re.match(r"[\w.-]+", requirement)
        extra = re.search(r"extra\s*==\s*[\"']([^\"']+)", requirement)
        if name and extra and _folded(name[0]) == _folded(package):
            return extra[1]
    return None


def _folded(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
