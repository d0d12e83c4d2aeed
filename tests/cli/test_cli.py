"""The command line from outside: light verbs, help, version, exit codes."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from reidbench.cli.main import main

CONFIGS = Path(__file__).parents[2] / "configs"


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
    [["--help"], *([verb, "--help"] for verb in ("run", "eval", "score", "compare", "list",
                                                 "show", "runs", "configs", "completion"))],
)  # fmt: skip
@pytest.mark.parametrize("columns", ["60", "80"])
def test_help_has_examples_and_fits(words, columns, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", columns)
    with pytest.raises(SystemExit) as end:
        main(words)
    text = capsys.readouterr().out
    assert end.value.code == 0 and "examples:" in text
    # Only a word may be longer than a line.
    assert not [line for line in text.splitlines() if len(line) > int(columns) and " " in line[8:]]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["list", "distilers"], "unknown kind 'distilers'; did you mean 'distiller'?"),
        (["run", "nowhere.py"], "config not found: nowhere.py"),
        (["run", "distill_cosin"], "'distill_cosin' is neither a file nor a shipped config; did"),
        (["eval", "runs/x", "--config", "street1"], "'street1' is neither a file nor a shipped"),
        (["configs", "ablation/pmc"], "no shipped config 'ablation/pmc'; did you mean 'ablation/p"),
        (["rnu"], "unknown verb 'rnu'; did you mean 'run'?"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(words, message, capsys):
    assert main(words) == 2
    assert capsys.readouterr().err.strip().startswith(f"error: {message}")


def test_version(capsys):
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out.startswith("reidbench ")


def test_an_unknown_option_shows_the_usage_of_its_verb(capsys):
    for words, usage in (
        (["run", "x.py", "--sed", "1", "--worc-dir", "x"], "usage: reidbench run [-h]"),
        (["data", "check", "QrCM", "--rot", "x"], "usage: reidbench data check [-h]"),
    ):
        with pytest.raises(SystemExit) as end:
            main(words)
        error = capsys.readouterr().err
        assert end.value.code == 2 and error.startswith(usage)
    assert "error: unrecognized arguments: --rot x; did you mean '--root'?" in error


def test_a_work_dir_that_is_a_file(tmp_path, capsys):
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file" / "runs"):
        assert main(["run", "distill_cosine", "--work-dir", str(folder)]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith(f"error: --work-dir {folder}: expected a folder, and this is a file")


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (PermissionError(13, "Permission denied", "/a/b"), "error: Permission denied: /a/b"),
        (OSError(36, "File name too long", "x" * 9), f"error: File name too long: {'x' * 9}"),
        (OSError(18, "Cross-device link", "a", None, "b"), "error: Cross-device link: a -> b"),
        (OSError(28, "No space left on device"), "error: No space left on device: {work_dir}"),
    ],
)
def test_errors_of_the_system_name_the_path(tmp_path, monkeypatch, capsys, error, line):
    from reidbench.cli import runs, system

    def fail(_):
        raise error

    monkeypatch.setattr(runs, "_folders", fail)
    monkeypatch.setattr(system, "_free", lambda path: 0 if path == tmp_path else 2**40)
    assert main(["runs", "--work-dir", str(tmp_path)]) == 2
    assert capsys.readouterr().err.strip() == line.format(work_dir=tmp_path)


def test_an_error_of_the_system_that_no_path_explains_is_a_bug(tmp_path, monkeypatch, capsys):
    from reidbench.cli import runs

    def fail(_):
        raise OSError(9, "Bad file descriptor")

    monkeypatch.setattr(runs, "_folders", fail)
    assert main(["runs", "--work-dir", str(tmp_path)]) == 70
    assert "this is a bug" in capsys.readouterr().err


def test_the_first_line_comes_before_torch(tmp_path):
    """Nothing heavy is imported when the config is named; the line is flushed into the pipe."""
    code = (
        "import sys\n"
        "from reidbench.cli import main as cli, run\n"
        "from reidbench.run import runner\n"
        "def prepare(*_):\n"
        "    assert 'torch' not in sys.modules\n"
        "    import os; os._exit(7)\n"
        "runner.prepare = prepare\n"
        f"cli.main(['run', 'distill_cosine', '--work-dir', {str(tmp_path)!r}])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 7, done.stderr
    assert done.stdout.startswith("   start  ") and "distill_cosine.py" in done.stdout


def test_configs_are_listed_and_printed(capsys):
    assert main(["configs", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert "distill_pcm_fr" in {r["name"] for r in rows} and all(r["says"] for r in rows)
    assert main(["configs", "ablation/pcm"]) == 0
    assert capsys.readouterr().out == (CONFIGS / "ablation" / "pcm.py").read_text()
    assert main(["configs"]) == 0
    assert "Distil with the cosine loss alone." in capsys.readouterr().out


def test_completion_knows_verbs_options_and_configs(capsys):
    pytest.importorskip("shtab")
    assert main(["completion", "bash"]) == 0
    script = capsys.readouterr().out
    for word in ("ablation/pcm", "--work-dir", "compare", "check"):
        assert word in script
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("there is no bash")
    ask = (
        "COMP_WORDS=(reidbench run distill_c); COMP_CWORD=2; _shtab_reidbench; "
        'echo "${COMPREPLY[@]}"'
    )
    done = subprocess.run([bash, "-c", f"{script}\n{ask}"], capture_output=True, text=True)
    assert done.stdout.split() == ["distill_cosine"], done.stderr


def test_completion_without_shtab_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "shtab", None)
    assert main(["completion", "zsh"]) == 2
    assert "pip install 'reidbench[completion]'" in capsys.readouterr().err
