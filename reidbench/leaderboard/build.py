"""The public files of a leaderboard, made from its results: page, README, tables, exports."""

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
    files = {
        "README.md": markdown.readme(made),
        f"{PAGE}/index.html": page(made),
        f"{PAGE}/leaderboard.json": _json(made),
        f"{PAGE}/leaderboard.csv": table.csv(made),
    }
    for path, value in every_eval_ever.records(made).items():
        files[f"{PAGE}/every_eval_ever/{path}"] = _json(value)
    for entry, text in eval_results.documents(made).items():
        files[f"{PAGE}/eval_results/{entry}.yaml"] = text
    return files


def build(repository: Repository) -> tuple[dict[str, Any], list[str]]:
    """Write everything; returns the board and the paths."""
    made = board(repository)
    files = files_of(made)
    for path, text in files.items():
        with whole_file(repository.root / path) as part:
            part.write_text(text, encoding="utf-8")
    for path in _left_over(repository.root, files):
        (repository.root / path).unlink()
    return made, sorted(files)


def stale(repository: Repository) -> tuple[dict[str, Any], list[str]]:
    """The board, and paths whose content is not what `build` would write."""
    made = board(repository)
    files = files_of(made)
    changed = [p for p, text in files.items() if _text(repository.root / p) != text]
    return made, sorted([*changed, *_left_over(repository.root, files)])


def _left_over(root: Path, files: dict[str, str]) -> list[str]:
    """Exports of entries that are gone."""
    found = [
        path.relative_to(root).as_posix()
        for folder in ("every_eval_ever", "eval_results")
        for path in (root / PAGE / folder).rglob("*")
        if path.is_file()
    ]
    return [path for path in found if path not in files]


def _text(path: Path) -> str | None:
    try:
        return path.read_bytes().decode("utf-8", errors="replace")
    except OSError:
        return None


def _json(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"
