"""The configs that come with reidbench, by name: `distill_cosine`, `ablation/pcm`, ...

They are the files of `configs/` of the repository; a wheel holds a copy of them in `reidbench/`.
"""

from __future__ import annotations

import ast
from pathlib import Path

from reidbench_registry import ConfigError, did_you_mean

SUFFIXES = (".py", ".json", ".toml")
_PACKAGE = Path(__file__).parents[1]


def folder() -> Path:
    """Where the shipped configs lie."""
    checkout = _PACKAGE.parent
    if (checkout / "configs").is_dir() and (checkout / "pyproject.toml").is_file():
        return checkout / "configs"
    return _PACKAGE / "configs"


def shipped() -> dict[str, Path]:
    """Name -> file; bases, which are no experiment by themselves, left out."""
    root = folder()
    files = sorted(root.rglob("*.py"), key=lambda p: (len(p.relative_to(root).parts), p))
    return {
        path.relative_to(root).with_suffix("").as_posix(): path
        for path in files
        if not any(part.startswith("_") for part in path.relative_to(root).parts)
    }


def find(word: str | Path) -> Path:
    """A config by its path, or a shipped one by its name. Raises ConfigError."""
    path = Path(word)
    if path.is_file():
        return path
    known = shipped()
    if str(word) in known:
        return known[str(word)]
    if path.suffix in SUFFIXES:
        name = path.with_suffix("").as_posix()
        same = [n for n in known if f"/{name}".endswith(f"/{n}") or n.endswith(f"/{name}")]
        hint = f" (there is a shipped config of that name: {same[0]!r})" if same else ""
        raise ConfigError(f"config not found: {word}{hint}")
    raise ConfigError(
        f"{str(word)!r} is neither a file nor a shipped config{did_you_mean(str(word), known)} "
        f"(shipped: {', '.join(known)})"
    )


def summary(path: Path) -> str:
    """The first line of a config's docstring."""
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return text.partition("\n")[0]
