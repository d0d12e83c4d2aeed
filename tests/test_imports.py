"""Who may import whom: the harness knows no plugin, plugins know no harness but its tools."""

import ast
import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PLUGINS = sorted(p.name for p in (ROOT / "plugins").iterdir() if (p / "__init__.py").is_file())


def modules(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.py"))


def origin(node: ast.ImportFrom, path: Path, root: Path) -> str:
    """Absolute name of what stands between `from` and `import`."""
    package = path.relative_to(root).with_suffix("").parts[:-1]
    base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
    return ".".join(part for part in (base, node.module or "") if part)


def imported(path: Path, root: Path) -> set[str]:
    """Absolute names of all that a file imports, relative imports resolved."""
    names = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(origin(node, path, root))
    return names


def ours(names: set[str]) -> set[str]:
    return {n for n in names if n.partition(".")[0].startswith("reidbench")}


def test_contract_imports_nothing_of_ours_but_itself():
    for path in modules(ROOT / "registry"):
        for name in ours(imported(path, ROOT / "registry")):
            assert name.partition(".")[0] == "reidbench_registry", f"{path.name} imports {name}"


def test_harness_imports_no_plugin():
    for path in modules(ROOT / "reidbench"):
        for name in ours(imported(path, ROOT)):
            assert name.partition(".")[0] in ("reidbench", "reidbench_registry"), (
                f"{path.name} imports {name}"
            )


def test_tools_import_no_other_part_of_the_harness():
    for path in modules(ROOT / "reidbench" / "tools"):
        for name in ours(imported(path, ROOT)):
            assert name.startswith(("reidbench.tools", "reidbench_registry")), (
                f"{path.name} imports {name}"
            )


def lines_of_rooms() -> dict[str, int]:
    """Room -> the line of the picture in docs/architecture.md that it stands in."""
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    picture = page.partition("```text\n")[2].partition("\n---")[0]
    names = [re.split(r"  +", line)[0].split(" | ") for line in picture.splitlines()]
    return {name: number for number, line in enumerate(names) for name in line}


def room(name: str) -> str:
    """`reidbench.run.stages.fit` -> `run`"""
    return name.split(".")[1]


def rooms_used(path: Path) -> set[str]:
    """The rooms of the harness that a file imports, anywhere in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.ImportFrom):
            # `from .. import distributed` names the room after `import`.
            base = origin(node, path, ROOT)
            names |= {f"{base}.{a.name}" for a in node.names} if base == "reidbench" else {base}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return {room(n) for n in names if n.startswith("reidbench.")}


def test_the_picture_of_the_rooms_is_whole():
    here = {p.stem for p in (ROOT / "reidbench").glob("*.py") if not p.stem.startswith("__")}
    here |= {p.parent.name for p in (ROOT / "reidbench").glob("*/__init__.py")}
    assert here == set(lines_of_rooms())


def test_no_room_imports_one_above_or_beside_it():
    line = lines_of_rooms()
    for path in modules(ROOT / "reidbench"):
        own = room(".".join(path.relative_to(ROOT).with_suffix("").parts))
        for used in rooms_used(path) - {own}:
            above = line.get(own, -1)  # __init__ and __main__ stand above all
            assert above < line[used], f"{path.relative_to(ROOT)} imports {used}, not below {own}"


CONTRACT = {
    name: set(importlib.import_module(name).__all__)
    for name in ("reidbench_registry", "reidbench_registry.testing")
}
PACKAGES = [ROOT / "plugins" / name for name in PLUGINS] + [
    ROOT / "examples" / "reidbench_osnet" / "reidbench_osnet"
]


@pytest.mark.parametrize("package", PACKAGES, ids=lambda p: p.name)
def test_plugin_imports_only_the_contract_the_tools_and_itself(package):
    for path in modules(package):
        for name in ours(imported(path, package.parent)):
            of_tools = f"{name}.".startswith("reidbench.tools.") and "._" not in name
            own = name.partition(".")[0] == package.name
            assert name in CONTRACT or of_tools or own, f"{path.name} imports {name}"


@pytest.mark.parametrize("package", PACKAGES, ids=lambda p: p.name)
def test_plugin_uses_only_names_that_the_contract_exports(package):
    for path in modules(package):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.ImportFrom) and node.module in CONTRACT:
                strange = {alias.name for alias in node.names} - CONTRACT[node.module]
                assert not strange, f"{path.name} takes {strange} from {node.module}"


@pytest.mark.parametrize(
    "command", [["--help"], ["list"], ["list", "loss", "--json"], ["plugins"], ["--version"]]
)
def test_looking_around_never_imports_torch(command):
    code = (
        "import sys; from reidbench.cli.main import main\n"
        f"try: code = main({command!r})\n"
        "except SystemExit as e: code = e.code\n"
        "assert not code, code\n"
        "assert not {'torch', 'transformers', 'mmengine'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
