"""reidbench completion: what a shell needs to complete verbs, options, files and config names."""

from __future__ import annotations

import argparse

from reidbench_registry import ConfigError

from .parser import add_verb

SHELLS = ("bash", "zsh", "tcsh")
EPILOG = """examples:
  reidbench completion bash > ~/.local/share/bash-completion/completions/reidbench
  reidbench completion zsh > ~/.zfunc/_reidbench

Needs shtab: pip install 'reidbench[completion]'. The script knows the verbs of this version; the
verbs of plugins are not in it.
"""


def add_parser(verbs: argparse._SubParsersAction) -> None:
    parser = add_verb(verbs, "completion", "print a script for the shell's completion", EPILOG)
    parser.add_argument("shell", choices=SHELLS, help=f"one of {', '.join(SHELLS)}")
    parser.set_defaults(handler=handle)


def handle(arguments: argparse.Namespace) -> int:
    try:
        import shtab
    except ModuleNotFoundError:
        raise ConfigError(
            "the package 'shtab' is not installed: pip install 'reidbench[completion]'"
        ) from None
    from ..config.shipped import shipped
    from .main import make_parser

    parser = make_parser()
    _complete(parser, shtab, list(shipped()))
    preamble = _preamble(list(shipped())).get(arguments.shell, "")
    print(shtab.complete(parser, arguments.shell, preamble=preamble))
    return 0


def _preamble(names: list[str]) -> dict[str, str]:
    """Functions that complete a config: a shipped one by name, or a file."""
    words = " ".join(names)
    return {
        "bash": f'_reidbench_config() {{ compgen -W "{words}" -- "$1"; compgen -f -- "$1"; }}',
        "zsh": f"_reidbench_config() {{ compadd -- {words}; _files; }}",
    }


_CONFIG = {"bash": "_reidbench_config", "zsh": "_reidbench_config", "tcsh": "f"}
_PATHS = ("root", "out", "dir", "manifest", "embeddings", "gallery_embeddings", "results", "result")
_FOLDERS = ("work_dir", "run")


def _complete(parser: argparse.ArgumentParser, shtab: object, names: list[str]) -> None:
    """Say what each argument of the parser and the verbs below it is completed with."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for verb in dict.fromkeys(action.choices.values()):
                _complete(verb, shtab, names)
        elif action.dest == "config":
            action.complete = _CONFIG  # type: ignore[attr-defined]
        elif action.dest in _PATHS:
            action.complete = shtab.FILE  # type: ignore[attr-defined]
        elif action.dest in _FOLDERS:
            action.complete = shtab.DIRECTORY  # type: ignore[attr-defined]
        elif action.dest == "name" and parser.prog.endswith(" configs"):
            action.choices = names
