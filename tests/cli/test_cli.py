"""The command line from outside: light verbs, help, version, exit codes."""

import json
import subprocess
import sys

import pytest

from reidbench.cli.main import main


def test_light_verbs_never_import_torch():
    code = (
        "import sys; from reidbench.cli.main import main\n"
        "for words in (['list'], ['list', 'loss', '--json'], ['plugins'], ['plugins', '--json']):\n"
        "    assert main(words) == 0\n"
        "for words in (['--help'], ['--version'], ['run', '--help'], ['score', '--help']):\n"
        "    try: main(words)\n"
        "    except SystemExit as end: assert end.code in (0, None)\n"
        "heavy = {'torch', 'transformers', 'open_clip', 'peft', 'timm'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_list_as_json_names_entry_and_owner(capsys):
    assert main(["list", "distiller", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {"Cosine", "PCM", "FR"} <= {r["name"] for r in rows}
    pcm = next(r for r in rows if r["name"] == "PCM")
    assert pcm["qualified"] == "reidbench_distillers.PCM" and pcm["distribution"] == "reidbench"


def test_plugins_as_json_are_healthy(capsys):
    assert main(["plugins", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert len(rows) >= 8 and {r["status"] for r in rows} == {"ok"}


@pytest.mark.parametrize(
    "words",
    [["--help"], *([verb, "--help"] for verb in ("run", "eval", "score", "compare", "list"))],
)
def test_help_has_examples(words, capsys):
    with pytest.raises(SystemExit) as end:
        main(words)
    assert end.value.code == 0 and "examples:" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["list", "distilers"], "unknown kind 'distilers'; did you mean 'distiller'?"),
        (["run", "nowhere.py"], "config not found: nowhere.py"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(words, message, capsys):
    assert main(words) == 2
    assert capsys.readouterr().err.strip().startswith(f"error: {message}")


def test_version(capsys):
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out.startswith("reidbench ")
