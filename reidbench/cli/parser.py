"""Parsers of the verbs: help that never breaks inside a word, errors with the right usage."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Iterator

from reidbench_registry import did_you_mean

_COMMANDS = ("reidbench", "torchrun", "pip")
CHOSEN = "chosen_parser"
"""Where the parsed arguments say which verb's parser they are of."""


class Help(argparse.HelpFormatter):
    """Prose is wrapped between words. An indented line stays a line; where it is too long it
    continues below, and a command then ends in a backslash, so that it can be copied."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        blocks = []
        for block in _blocks(text):
            if not block.startswith(" "):
                blocks.append(textwrap.fill(block, width, break_long_words=False))
                continue
            command = block.split()[0] in _COMMANDS
            lines = textwrap.wrap(
                block.strip(),
                max(20, width - 6 - 2 * command),
                break_long_words=False,
                break_on_hyphens=False,
            )
            blocks.append("  " + (" \\\n      " if command else "\n      ").join(lines))
        return "\n".join(blocks)


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
