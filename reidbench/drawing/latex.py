"""Tables of LaTeX, with the rules of booktabs."""

from __future__ import annotations

from collections.abc import Sequence

_ESCAPED = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
    "{": r"\{", "}": r"\}", "~": r"$\sim$", "^": r"\textasciicircum{}", "±": r"$\pm$",
    "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}",
}  # fmt: skip


def escaped(text: str) -> str:
    """`text` as LaTeX that prints it."""
    return "".join(_ESCAPED.get(letter, letter) for letter in text)


def tabular(
    columns: str, heads: Sequence[str], groups: Sequence[Sequence[Sequence[str]]],
    notes: Sequence[str] = (),
) -> str:  # fmt: skip
    """A tabular of cells that are LaTeX already. `columns`: letters of alignment; `groups`: rows,
    with a rule between two groups; `notes`: lines of text, which become comments before it."""
    parts = [f"% {' '.join(note.split())}" for note in notes]
    parts += [f"\\begin{{tabular}}{{{columns}}}", "\\toprule", _line(heads)]
    for group in groups:
        parts += ["\\midrule", *map(_line, group)]
    return "\n".join([*parts, "\\bottomrule", "\\end{tabular}", ""])


def _line(cells: Sequence[str]) -> str:
    return " & ".join(cells) + " \\\\"
