"""reidbench plugins check: the conformance kit from the command line."""

import json

import pytest

from reidbench.cli.main import main

LEAKY = """
from reidbench_registry import hookimpl

@hookimpl
def reidbench_register(catalog):
    catalog.add("loss", "Leaky", "leaky:Leaky")

class Leaky:
    \"\"\"Prints, and divides by the number of rows.\"\"\"

    def __call__(self, features, labels, modality, logits=None):
        \"\"\"features[B, D] -> the mean length.\"\"\"
        print("a stranger's word")
        return {"Leaky": features.square().sum(1).mean()}
"""


def test_what_does_not_hold_is_shown_and_is_exit_code_1(install, capsys):
    install("leaky", source=LEAKY)
    assert main(["plugins", "check", "leaky", "--json"]) == 1
    rows = {row["check"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows["survives_an_empty_batch"]["status"] == "failed"
    assert rows["survives_an_empty_batch"]["detail"] == "term 'Leaky' is nan"
    assert rows["gives_named_scalars"]["status"] == "passed"
    assert main(["plugins", "check", "leaky"]) == 1
    shown = capsys.readouterr().out
    assert "survives_an_empty_batch" in shown and "stranger" not in shown


def test_what_holds_is_exit_code_0(capsys):
    assert main(["plugins", "check", "reidbench-metrics"]) == 0
    assert "mINP" in capsys.readouterr().out


def test_a_broken_plugin_has_nothing_to_check(install, capsys):
    install("bad", source="raise RuntimeError('boom')")
    assert main(["plugins", "check", "bad"]) == 1
    assert "the plugin 'bad' is broken: RuntimeError: boom" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["reidbench_los", "nothing"])
def test_an_unknown_plugin_is_named(name, capsys):
    assert main(["plugins", "check", name]) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert f"no plugin '{name}' is installed" in line


NEEDY = """
from reidbench_registry import hookimpl

@hookimpl
def reidbench_register(catalog):
    catalog.add("loss", "Needy", "needy.loss:Needy")
"""


def test_a_missing_package_is_said_once(install, tmp_path, capsys):
    install("needy", source="")
    (tmp_path / "needy.py").unlink()
    (tmp_path / "needy").mkdir()
    (tmp_path / "needy" / "__init__.py").write_text(NEEDY)
    (tmp_path / "needy" / "loss.py").write_text("import not_there\n\nclass Needy:\n    pass\n")
    assert main(["plugins", "check", "needy"]) == 1
    shown = capsys.readouterr().out
    assert shown.count("not_there") == 2  # the package, and how to install it
    assert "the package 'not_there' is not installed: pip install not_there" in shown
    assert " checks: " in shown
