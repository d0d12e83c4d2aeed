"""reidbench new: write the start of something, today a plugin package."""

from __future__ import annotations

import argparse
import importlib.util
import keyword
import os
import re
import sys
from pathlib import Path
from string import Template

from reidbench_registry import API_VERSION, KINDS, ConfigError, did_you_mean

from ..tools.files import whole_folder

TEMPLATES = Path(__file__).parents[1] / "templates" / "plugin"
_DISTRIBUTION = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")


def add_parser(verbs: argparse._SubParsersAction) -> None:
    parser = verbs.add_parser("new", help="write a new plugin package to start from")
    things = parser.add_subparsers(title="things", metavar="THING", required=True)
    plugin = things.add_parser(
        "plugin",
        help="a complete small package with one working entry and its tests",
        epilog=(
            "examples:\n"
            "  reidbench new plugin reid-nearby --kind distiller\n"
            "  reidbench new plugin reid-tinynet --kind backbone --dir ~/src"
        ),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    plugin.add_argument("name", help="name of the distribution, as pip will know it")
    plugin.add_argument("--kind", required=True, help=f"one of {', '.join(KINDS)}")
    plugin.add_argument(
        "--dir", type=Path, default=Path(), help="where the package's folder goes (default: here)"
    )
    plugin.set_defaults(handler=handle)


def handle(arguments: argparse.Namespace) -> int:
    folder = write_plugin(arguments.name, arguments.kind, arguments.dir)
    print(f"{folder}: a plugin with one {arguments.kind}; next:")
    print(f"  pip install -e {folder} && pytest {folder}")
    return 0


def write_plugin(name: str, kind: str, parent: Path) -> Path:
    """Write the package `name` with one working entry of `kind` into `parent / name`.

    Raises ConfigError for a name that is no package's, an unknown kind or a folder that exists."""
    if kind not in KINDS:
        raise ConfigError(
            f"unknown kind {kind!r}{did_you_mean(kind, KINDS)} (kinds: {', '.join(KINDS)})"
        )
    package = package_name(name)
    folder = parent / name
    if os.path.lexists(folder):
        raise ConfigError(f"{folder} exists: nothing was written")
    if package in sys.stdlib_module_names or importlib.util.find_spec(package):
        raise ConfigError(f"{name!r}: there is already a module {package!r} in this environment")
    words = {
        "name": name,
        "package": package,
        "kind": kind,
        "api": str(API_VERSION),
        "entry": "".join(word[0].upper() + word[1:] for word in package.split("_")),
    }
    words["use"] = _fill(TEMPLATES / kind / "use.md.tmpl", words).strip()
    try:
        with whole_folder(folder) as part:
            for path, template in _files(kind, package).items():
                (part / path).parent.mkdir(exist_ok=True)
                (part / path).write_text(_fill(TEMPLATES / template, words), encoding="utf-8")
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


def _files(kind: str, package: str) -> dict[str, str]:
    """File of the package -> its template."""
    return {
        "pyproject.toml": "pyproject.toml.tmpl",
        "README.md": "README.md.tmpl",
        f"{package}/__init__.py": "init.py.tmpl",
        f"{package}/{kind}.py": f"{kind}/entry.py.tmpl",
        "tests/test_contract.py": "test_contract.py.tmpl",
        f"tests/test_{kind}.py": f"{kind}/test.py.tmpl",
    }


def _fill(template: Path, words: dict[str, str]) -> str:
    return Template(template.read_text(encoding="utf-8")).substitute(words)
