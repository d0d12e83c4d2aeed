"""Two families of errors: the user's (one line, a fixed exit code) and everything else (a bug)."""

from __future__ import annotations

import difflib
import importlib.metadata
import importlib.util
import re
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
    """A file, a field or a record is missing or unusable. The message names it.

    One that stands for several carries them all in `problems`, a line each."""

    def __init__(self, message: str, problems: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems) or (message,)


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


_LINE = 300
"""Characters of a stranger's message that are shown."""
_PUBLISHED_AS = {
    "PIL": "pillow",
    "cv2": "opencv-python",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
}
"""Modules of the field that do not have their distribution's name."""


def explain(error: BaseException, distribution: str) -> str:
    """One line about an exception from the code of `distribution`.

    A missing package is answered with what to install: the distribution's extra that brings it,
    or else the package."""
    missing = isinstance(error, ModuleNotFoundError) and _missing_package(error.name or "")
    if missing:
        extra = _extra_with(missing, distribution)
        wanted = f"'{distribution}[{extra}]'" if extra else missing
        return f"the package {missing!r} is not installed: pip install {wanted}"
    try:
        line = " ".join(str(error).split())
    except BaseException:  # of a __str__ that is somebody else's code
        line = ""
    line = line if len(line) <= _LINE else f"{line[:_LINE]}..."
    return f"{type(error).__name__}: {line}" if line else type(error).__name__


def _missing_package(module: str) -> str | None:
    """The distribution that lacks, or None when `module`'s package is there and only a part not."""
    top = module.partition(".")[0]
    try:
        found = not top or importlib.util.find_spec(top) is not None
    except (ImportError, ValueError):
        found = True
    return None if found else _PUBLISHED_AS.get(top, top)


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
