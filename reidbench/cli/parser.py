"""Parsers of the verbs: help that never breaks inside a word, errors with the right usage."""

from __future__ import annotations

import argparse
import re
import textwrap
from collections.abc import Iterator
from typing import Any

from reidbench_registry import did_you_mean

_PARTS = re.compile(r"\([^()]*\)|\[[^\[\]]*(?:\[[^\[\]]*\][^\[\]]*)*\]|\S+")
"""Parts of a usage: what stands in brackets, with one level of brackets inside, and words."""
_WORDS = re.compile(r"""(?:--\S+ (?!--))?(?:"[^"]*"|\S+)""")
"""Parts of a command: an option with its first value, and words; quotes stay whole."""
_COMMANDS = ("reidbench", "torchrun", "pip")
CHOSEN = "chosen_parser"
"""Where the parsed arguments say which verb's parser they are of."""


class Help(argparse.HelpFormatter):
    """Prose is wrapped between words. An indented line stays a line; where it is too long it
    continues below, and a command then ends in a backslash, so that it can be copied."""

    def _format_usage(self, usage: Any, actions: Any, groups: Any, prefix: Any) -> str:
        before, self._width = self._width, 10**6
        whole = super()._format_usage(usage, actions, groups, prefix).strip()
        self._width = before
        parts: list[str] = []
        for part in _PARTS.findall(whole):
            parts += [part] if len(part) + 6 <= self._width else part.split()
        return "\n      ".join(_lines(parts, self._width - 6)) + "\n\n"

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        blocks = []
        for block in _blocks(text):
            if not block.startswith(" "):
                blocks.append(textwrap.fill(block, width, break_long_words=False))
                continue
            command = block.split()[0] in _COMMANDS
            parts = _WORDS.findall(" ".join(block.split())) if command else block.split(" ")[2:]
            lines = _lines(parts, width - 6 - 2 * command)
            blocks.append("  " + (" \\\n      " if command else "\n      ").join(lines))
        return "\n".join(blocks)


def _lines(parts: list[str], width: int) -> list[str]:
    """The parts in lines of at most `width` characters; a longer part has a line of its own."""
    lines: list[str] = []
    for part in parts:
        if lines and len(lines[-1]) + 1 + len(part) <= width:
            lines[-1] = f"{lines[-1]} {part}"
        else:
            lines.append(part)
    return lines


def _blocks(text: str) -> Iterator[str]:
    """Paragraphs and indented lines, each in one line; blank lines stay."""
    waiting = ""
    for line in text.replace("\\\n", " ").strip("\n").split("\n"):
        prose = line.strip() and not line.startswith(" ")
        if prose and not waiting.endswith(":"):
            waiting = f"{waiting} {line.strip()}".strip()
            continue
        if waiting:
            yield waiting
        waiting = line if prose else ""
        if not prose:
            yield line.rstrip()
    if waiting:
        yield waiting


def add_verb(
    verbs: argparse._SubParsersAction, name: str, words: str, epilog: str = ""
) -> argparse.ArgumentParser:
    """A parser for the verb `name`, with `words` as its help and examples in `epilog`."""
    parser = verbs.add_parser(
        name,
        help=words,
        description=f"{words[0].upper()}{words[1:]}.",
        epilog=epilog.replace("%", "%%"),
        formatter_class=Help,
    )
    parser.set_defaults(**{CHOSEN: parser})
    return parser


def parse(parser: argparse.ArgumentParser, words: list[str]) -> argparse.Namespace:
    """As `parser.parse_args(words)`, but an unknown option is answered with the usage of the verb
    that it was given to."""
    chosen, unknown = parser.parse_known_args(words)
    if unknown:
        of_verb = getattr(chosen, CHOSEN, parser)
        known = [o for action in of_verb._actions for o in action.option_strings]
        hint = did_you_mean(unknown[0].partition("=")[0], known)
        of_verb.error(f"unrecognized arguments: {' '.join(unknown)}{hint}")
    return chosen
