"""The public files of a leaderboard, made from its results: page, README, tables."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..tools.files import whole_file
from .board import board
from .exports import eval_results, every_eval_ever, markdown, table
from .page.html import page
from .repository import Repository

PAGE = "page"


def files_of(made: dict[str, Any]) -> dict[str, str]:
    """Path below the leaderboard's folder -> text, for everything that `build` writes."""
    return {
        "README.md": markdown.readme(made),
        f"{PAGE}/index.html": page(made),
        f"{PAGE}/leaderboard.json": _json(made),
        f"{PAGE}/leaderboard.csv": table.csv(made),
    }


def build(repository: Repository) -> tuple[dict[str, Any], list[str]]:
    """Write everything; returns the board and the paths."""
    made = board(repository)
    files = files_of(made)
    _write(repository.root, files)
    return made, sorted(files)


def stale(repository: Repository) -> tuple[dict[str, Any], list[str]]:
    """The board, and paths whose content is not what `build` would write."""
    made = board(repository)
    files = files_of(made)
    return made, sorted(p for p, text in files.items() if _text(repository.root / p) != text)


def export(made: dict[str, Any], folder: Path) -> list[str]:
    """Write a board in the formats of other sites; returns the paths."""
    files = {
        f"every_eval_ever/{path}": _json(value)
        for path, value in every_eval_ever.records(made).items()
    }
    for entry, text in eval_results.documents(made).items():
        files[f"eval_results/{entry}.yaml"] = text
    _write(folder, files)
    return sorted(files)


def _write(root: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        with whole_file(root / path) as part:
            part.write_text(text, encoding="utf-8")


def _text(path: Path) -> str | None:
    try:
        return path.read_bytes().decode("utf-8", errors="replace")
    except OSError:
        return None


def _json(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"
