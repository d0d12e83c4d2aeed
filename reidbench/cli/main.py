"""The command `reidbench`. Each verb has a file of its own; heavy imports wait for its handler."""

from __future__ import annotations

import argparse
import errno
import sys
import traceback
from collections.abc import Sequence

from reidbench_registry import ReidbenchError

from . import compare, evaluate, listing, new, plugins, run, score

VERBS = (run, evaluate, score, compare, listing, plugins, new)
BUG = 70
INTERRUPTED = 130
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
        from ..provenance import version

        print(f"reidbench {version()}")
        parser.exit()


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
    chosen = parser.parse_args(arguments)
    try:
        return chosen.handler(chosen)
    except ReidbenchError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("interrupted: the same command continues", file=sys.stderr)
        return INTERRUPTED
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


def _bug() -> int:
    traceback.print_exc()
    print("error: this is a bug in reidbench or in a plugin", file=sys.stderr)
    return BUG


if __name__ == "__main__":
    sys.exit(main())
