"""reidbench plugins --isolated: the plugin that ends or hangs every command is found."""

import json
import os
import time

import pytest

from reidbench.cli.main import main
from reidbench.pluginhost import DISABLE
from reidbench_registry import PluginError

GOOD = """
from reidbench_registry import hookimpl

@hookimpl
def reidbench_register(catalog):
    catalog.add("loss", "Good", "good:Loss")

class Loss:
    pass
"""


@pytest.fixture
def seen(tmp_path, monkeypatch):
    """Child processes see the installed plugins, and of the shipped ones a single one."""
    paths = [str(tmp_path), os.environ.get("PYTHONPATH", "")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(p for p in paths if p))
    names = ["clip", "distillers", "llcm", "losses", "manifest", "market", "mllm", "qrcm", "regdb",
             "samplers", "synthetic", "sysu", "transforms"]  # fmt: skip
    monkeypatch.setattr(
        "reidbench.pluginhost.isolated.discovered", _only("reidbench_metrics", tmp_path)
    )
    monkeypatch.setenv(DISABLE, ",".join(f"reidbench_{name}" for name in names))


def _only(shipped, folder):
    from reidbench.pluginhost.host import discovered

    def chosen():
        points, unreadable = discovered()
        ours = [p for p in points if p.name == shipped or not p.name.startswith("reidbench_")]
        return ours, unreadable

    return chosen


def isolated(capsys, seconds=60):
    code = main(["plugins", "--isolated", "--json", "--seconds", str(seconds)])
    return code, {row["name"]: row for row in json.loads(capsys.readouterr().out)}


def test_the_culprit_is_named_and_the_rest_is_healthy(install, seen, capsys):
    install("good", source=GOOD)
    install("ends", source="import os; os._exit(3)")
    install("crashes", source="import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
    install("raises", source="raise RuntimeError('boom')")
    code, rows = isolated(capsys)
    assert code == 1
    assert {n: r["status"] for n, r in rows.items()} == {
        "good": "ok", "reidbench_metrics": "ok", "ends": "broken", "crashes": "broken",
        "raises": "broken",
    }  # fmt: skip
    assert rows["good"]["entries"] == 1
    assert rows["ends"]["reason"] == "it ends the process with exit code 3"
    assert rows["ends"]["distribution"] == "ends" and rows["ends"]["version"] == "1.0"
    assert rows["crashes"]["reason"] == "it ends the process: SIGSEGV"
    assert rows["raises"]["reason"] == "RuntimeError: boom"


def test_one_that_hangs_is_ended_with_all_that_it_started(install, seen, tmp_path, capsys):
    alive = tmp_path / "alive"
    install(
        "hangs",
        source=f"""
import subprocess, sys, time
subprocess.Popen([sys.executable, "-c", '''
import time, pathlib
while True:
    pathlib.Path({str(alive)!r}).touch(); time.sleep(0.05)
'''])
time.sleep(600)
""",
    )
    code, rows = isolated(capsys, seconds=3)
    assert code == 1
    assert rows["hangs"]["reason"] == "it does not finish loading within 3 s"
    alive.unlink(missing_ok=True)
    time.sleep(0.3)
    assert not alive.exists()


def test_healthy_plugins_are_exit_code_0(install, seen, capsys):
    install("raises", source="raise RuntimeError('boom')")
    code, rows = isolated(capsys)
    assert code == 0 and rows["raises"]["status"] == "broken"
    assert main(["plugins", "--isolated", "--strict-plugins"]) == PluginError.exit_code
    assert "broken plugins: raises (RuntimeError: boom)" in capsys.readouterr().err
    assert main(["plugins", "--isolated", "--seconds", "0"]) == 2
    assert "--seconds 0: expected a positive number" in capsys.readouterr().err
