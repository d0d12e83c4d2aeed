"""The command `reidbench`. Each verb has a file of its own; heavy imports wait for its handler."""

from __future__ import annotations

import argparse
import errno
import signal
import sys
import traceback
from collections.abc import Sequence
from typing import NoReturn

from reidbench_registry import PluginError, ReidbenchError

from .. import distributed, signals
from . import compare, data, evaluate, listing, new, plugins, run, score

VERBS = (run, evaluate, score, compare, data, listing, plugins, new)
WITH_PLUGINS = ("run", "eval", "score", "data", "list", "plugins")
"""Verbs that load plugins."""
BUG = 70
INTERRUPTED, TERMINATED = 130, 143
DISK = (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS)

EPILOG = """examples:
  reidbench run configs/distill_pcm_fr.py
  reidbench run configs/distill_cosine.py --seed 3 --cfg-options student.train.steps=200
  reidbench list distiller
  reidbench plugins --json

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
    parser = argparse.ArgumentParser(
        prog="reidbench",
        description="Train, distil and evaluate cross-modal person re-identification models.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version")
    verbs = parser.add_subparsers(title="verbs", metavar="VERB", required=True)
    for verb in VERBS:
        verb.add_parser(verbs)
    for name in WITH_PLUGINS:
        verbs.choices[name].add_argument(
            "--strict-plugins", action="store_true", help="a broken plugin is an error (for CI)"
        )
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        with signals.handled():
            if words and words[0] not in (*verbs.choices, "--version"):
                parser = _with_plugins(parser, words, set(verbs.choices))
            return _handle(parser.parse_args(words))
    except ReidbenchError as error:
        _show_cause(error)
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("interrupted: the same command continues", file=sys.stderr)
        return TERMINATED if signals.received() == signal.SIGTERM else INTERRUPTED
    except BrokenPipeError:
        return 0
    except OSError as error:
        # A full disk or a folder without permission; any other is a bug like the rest.
        if error.errno in DISK:
            print(f"error: {error}", file=sys.stderr)
            return ReidbenchError.exit_code
        return _bug()
    except Exception:
        return _bug()


def _with_plugins(
    parser: argparse.ArgumentParser, words: list[str], own: set[str]
) -> argparse.ArgumentParser:
    """The parser of a plugin's verb when `words` begin with one, else ours with those verbs in its
    help. Verbs of ours never come here, so a plugin cannot take one."""
    from ..pluginhost import PluginHost

    host = PluginHost()
    if words and (theirs := host.command(words[0])) is not None:
        return theirs
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
    before = STRICT.set(getattr(chosen, "strict_plugins", False))
    try:
        return handler(chosen) or 0
    finally:
        STRICT.reset(before)


def _bug() -> int:
    traceback.print_exc()
    print("error: this is a bug in reidbench or in a plugin", file=sys.stderr)
    return BUG


if __name__ == "__main__":
    sys.exit(main())
