"""reidbench new: write the start of something, today a plugin package."""

from __future__ import annotations

import argparse
import importlib.util
import keyword
import os
import re
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Template

from reidbench_registry import API_VERSION, KINDS, ConfigError, did_you_mean

from ..tools.files import whole_folder
from .parser import add_verb

TEMPLATES = Path(__file__).parents[1] / "templates" / "plugin"
_DISTRIBUTION = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")


def add_parser(verbs: argparse._SubParsersAction) -> None:
    parser = add_verb(verbs, "new", "write a new plugin package to start from")
    things = parser.add_subparsers(title="things", metavar="THING", required=True)
    plugin = add_verb(
        things,
        "plugin",
        "a complete small package with working entries and their tests",
        "examples:\n"
        "  reidbench new plugin reid-nearby --kind distiller\n"
        "  reidbench new plugin reid-tinynet --kind backbone loss --dir ~/src",
    )
    plugin.add_argument("name", help="name of the distribution, as pip will know it")
    plugin.add_argument(
        "--kind", nargs="+", required=True, help=f"one or several of {', '.join(KINDS)}"
    )
    plugin.add_argument(
        "--dir", type=Path, default=Path(), help="where the package's folder goes (default: here)"
    )
    plugin.set_defaults(handler=handle)


def handle(arguments: argparse.Namespace) -> int:
    folder = write_plugin(arguments.name, arguments.kind, arguments.dir)
    print(f"{folder}: a plugin with {_listed([f'one {kind}' for kind in arguments.kind])}; next:")
    print(f"  pip install -e {shlex.quote(f'{folder}[test]')} && pytest {shlex.quote(str(folder))}")
    return 0


def write_plugin(name: str, kinds: Sequence[str], parent: Path) -> Path:
    """Write the package `name` with one working entry of each kind into `parent / name`.

    Raises ConfigError for a name that is no package's, an unknown kind or a folder that exists."""
    for kind in kinds:
        if kind not in KINDS:
            raise ConfigError(
                f"unknown kind {kind!r}{did_you_mean(kind, KINDS)} (kinds: {', '.join(KINDS)})"
            )
    if len(set(kinds)) < len(kinds):
        raise ConfigError(f"--kind {' '.join(kinds)}: each kind once")
    package = package_name(name)
    folder = parent / name
    if os.path.lexists(folder):
        raise ConfigError(f"{folder} exists: nothing was written")
    if package in sys.stdlib_module_names or importlib.util.find_spec(package):
        raise ConfigError(f"{name!r}: there is already a module {package!r} in this environment")
    entry = "".join(word[0].upper() + word[1:] for word in package.split("_"))
    # Of several entries each has its kind in its name.
    entries = {kind: entry + (kind.capitalize() if len(kinds) > 1 else "") for kind in kinds}
    words = {"name": name, "package": package, "api": str(API_VERSION)} | _about(package, entries)
    try:
        with whole_folder(folder) as part:
            for path, template in _SHARED.items():
                _write(part / path.replace("PACKAGE", package), template, words)
            for kind, entry in entries.items():
                of_kind = words | {"kind": kind, "entry": entry}
                _write(part / package / f"{kind}.py", f"{kind}/entry.py.tmpl", of_kind)
                _write(part / "tests" / f"test_{kind}.py", f"{kind}/test.py.tmpl", of_kind)
    except (FileExistsError, NotADirectoryError):
        raise ConfigError(f"--dir {parent}: not a folder") from None
    return folder


def package_name(name: str) -> str:
    """Distribution name -> import name. Raises ConfigError unless both are valid."""
    package = re.sub(r"[-_.]+", "_", name).lower()
    if not _DISTRIBUTION.fullmatch(name) or not package.isidentifier():
        raise ConfigError(
            f"{name!r} is no name for a package: letters, digits and - _ . between them, "
            "a letter first"
        )
    if keyword.iskeyword(package) or keyword.issoftkeyword(package):
        raise ConfigError(f"{name!r} is no name for a package: {package!r} is a word of Python")
    return package


_SHARED = {
    "pyproject.toml": "pyproject.toml.tmpl",
    "README.md": "README.md.tmpl",
    "PACKAGE/__init__.py": "init.py.tmpl",
    "tests/test_contract.py": "test_contract.py.tmpl",
}
"""File of the package -> its template, whatever the kinds are"""


def _about(package: str, entries: Mapping[str, str]) -> dict[str, str]:
    """What the files that all entries share say about them."""
    what = _listed([f"a {kind}" for kind in entries])
    uses = [
        _fill(TEMPLATES / kind / "use.md.tmpl", {"entry": entry}).strip()
        for kind, entry in entries.items()
    ]
    return {
        "what": f"{what[0].upper()}{what[1:]}",
        "brings": _listed([f"the {kind} `{entry}`" for kind, entry in entries.items()]),
        "tested": _do(entries, f"{next(iter(entries.values()))} does what", "The entries do what"),
        "registers": "\n".join(
            f'    catalog.add("{kind}", "{entry}", "{package}.{kind}:{entry}")'
            for kind, entry in entries.items()
        ),
        "lists": "\n".join(f"reidbench list {kind}" for kind in entries),
        "files": _listed([f"`{package}/{kind}.py`" for kind in entries]),
        "hold": _do(entries, "is the entry", "are the entries"),
        "names": _do(entries, "names the entry", "names the entries"),
        "asks": _do(entries, "asks", "ask"),
        "them": _do(entries, "it", "them"),
        "their": _do(entries, "its kind", "their kinds"),
        "signature": _do(entries, "its signature", "their signatures"),
        "use": "\n\n".join(uses),
    }


def _do(entries: Mapping[str, str], one: str, several: str) -> str:
    return one if len(entries) == 1 else several


def _listed(words: Sequence[str]) -> str:
    """`a, b and c`"""
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def _write(path: Path, template: str, words: Mapping[str, str]) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(_fill(TEMPLATES / template, words), encoding="utf-8")


def _fill(template: Path, words: Mapping[str, str]) -> str:
    return Template(template.read_text(encoding="utf-8")).substitute(words)
