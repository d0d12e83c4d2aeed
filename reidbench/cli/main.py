"""The command `reidbench`. Each verb has a file of its own; heavy imports wait for its handler."""

from __future__ import annotations

import argparse
import contextlib
import logging
import signal
import sys
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NoReturn

from reidbench_registry import ConfigError, PluginError, ReidbenchError, did_you_mean

from .. import distributed, signals
from . import (
    analyze,
    compare,
    completion,
    configs,
    data,
    evaluate,
    leaderboard,
    listing,
    new,
    plugins,
    report,
    run,
    runs,
    score,
    show,
    sweep,
)
from .parser import Help, parse
from .shared import check_folder
from .system import in_words

VERBS = (
    run, sweep, evaluate, score, compare, show, report, analyze, leaderboard, runs, configs, data,
    listing, plugins, new, completion,
)  # fmt: skip
WITH_PLUGINS = (
    "run",
    "sweep",
    "eval",
    "score",
    "report",
    "analyze",
    "leaderboard",
    "data",
    "list",
    "plugins",
)
"""Verbs that load plugins."""
BUG = 70
INTERRUPTED, TERMINATED = 130, 143

EPILOG = """examples:
  reidbench configs
  reidbench run distill_pcm_fr
  reidbench run distill_cosine --seed 3 --cfg-options student.train.steps=200
  reidbench list distiller

exit codes: 0 fine, 1 a check said no, 2 your mistake (one line says which), 70 a bug in reidbench
"""


class _Version(argparse.Action):
    def __call__(self, parser, *_, **__):
        from ..results.provenance import version

        print(f"reidbench {version()}")
        parser.exit()


def script() -> NoReturn:
    """The command: run one verb and end the process."""
    distributed.exit_process(main())


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb; returns the exit code."""
    parser = make_parser()
    own = _verbs_of(parser)
    words = list(sys.argv[1:] if arguments is None else arguments)
    chosen = argparse.Namespace()
    try:
        with signals.handled():
            if words and words[0] not in (*own, "--version"):
                parser = _with_plugins(parser, words, own)
            chosen = parse(parser, words)
            return _handle(chosen)
    except ReidbenchError as error:
        if getattr(chosen, "verbose", False):
            traceback.print_exc()
        else:
            _show_cause(error)
        return _fail(str(error), error.exit_code)
    except KeyboardInterrupt:
        print("interrupted: the same command continues", file=sys.stderr)
        return TERMINATED if signals.received() == signal.SIGTERM else INTERRUPTED
    except BrokenPipeError:
        return 0
    except OSError as error:
        if (line := in_words(error, chosen)) is None:
            return _bug()
        if getattr(chosen, "verbose", False):
            traceback.print_exc()
        return _fail(line, ReidbenchError.exit_code)
    except Exception:
        return _bug()


def make_parser() -> argparse.ArgumentParser:
    """The parser of reidbench's own verbs."""
    parser = argparse.ArgumentParser(
        prog="reidbench",
        description="Train, distil and evaluate cross-modal person re-identification models.",
        epilog=EPILOG,
        formatter_class=Help,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version")
    verbs = parser.add_subparsers(title="verbs", metavar="VERB", required=True)
    for verb in VERBS:
        verb.add_parser(verbs)
    for name in WITH_PLUGINS:
        verbs.choices[name].add_argument(
            "--strict-plugins", action="store_true", help="a broken plugin is an error (for CI)"
        )
    return parser


def _verbs_of(parser: argparse.ArgumentParser) -> list[str]:
    choices = [a.choices for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
    return list(choices[0])


def _with_plugins(
    parser: argparse.ArgumentParser, words: list[str], own: list[str]
) -> argparse.ArgumentParser:
    """The parser of a plugin's verb when `words` begin with one, else ours with those verbs in its
    help. Verbs of ours never come here, so a plugin cannot take one."""
    from ..pluginhost import PluginHost

    host = PluginHost()
    if words and (theirs := host.command(words[0])) is not None:
        return theirs
    if words and not words[0].startswith("-"):
        known = [*own, *host.commands()]
        raise ConfigError(
            f"unknown verb {words[0]!r}{did_you_mean(words[0], known)} (verbs: {', '.join(known)})"
        )
    lines = [
        f"  {verb:<20}{', '.join(names)}{' (hidden: a verb of reidbench)' if verb in own else ''}"
        for verb, names in host.commands().items()
    ]
    if lines:
        theirs_too = "\n".join(["verbs of plugins:", *lines, "", EPILOG])
        parser.epilog = theirs_too.replace("%", "%%")
    return parser


def _show_cause(error: ReidbenchError) -> None:
    """The traceback of an entry that failed, from its own frames on."""
    from ..pluginhost import EntryFailed

    if isinstance(error, EntryFailed) and error.__cause__ is not None:
        cause = error.__cause__
        frames = cause.__traceback__.tb_next if cause.__traceback__ else None
        traceback.print_exception(type(cause), cause, frames or cause.__traceback__)


def _handle(chosen: argparse.Namespace) -> int:
    from ..pluginhost import STRICT

    handler = getattr(chosen, "handler", None)
    if not callable(handler):
        raise PluginError("this verb of a plugin has no handler: parser.set_defaults(handler=...)")
    if isinstance(work_dir := getattr(chosen, "work_dir", None), Path):
        check_folder("--work-dir", work_dir)
    before = STRICT.set(getattr(chosen, "strict_plugins", False))
    try:
        with _level(chosen):
            return handler(chosen) or 0
    finally:
        STRICT.reset(before)


@contextlib.contextmanager
def _level(chosen: argparse.Namespace) -> Iterator[None]:
    """`--quiet` and `--verbose`; only rank 0 speaks."""
    logger = logging.getLogger("reidbench")
    if not logger.handlers:
        logger.addHandler(_Lines())
        logger.propagate = False
    quiet = getattr(chosen, "quiet", False)
    logger.setLevel(logging.ERROR if quiet or not distributed.is_main() else logging.WARNING)
    if not quiet and not getattr(chosen, "verbose", False):
        yield
        return
    from ..terminal.reporter import LEVEL, Level

    before = LEVEL.set(Level.QUIET if quiet else Level.VERBOSE)
    try:
        yield
    finally:
        LEVEL.reset(before)


class _Lines(logging.Handler):
    """A line on standard error for each warning."""

    def emit(self, record: logging.LogRecord) -> None:
        from ..terminal.lines import say

        say(f"note: {record.getMessage()}")


def _fail(line: str, code: int) -> int:
    from ..terminal.lines import say

    say(f"error: {line}")
    return code


def _bug() -> int:
    traceback.print_exc()
    print("error: this is a bug in reidbench or in a plugin", file=sys.stderr)
    return BUG


if __name__ == "__main__":
    sys.exit(main())
