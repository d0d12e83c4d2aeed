"""The built wheel, installed into an environment of its own, holds all that a run needs."""

import json
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """An interpreter with the wheel; everything else it sees is that of this environment."""
    place = tmp_path_factory.mktemp("wheel")
    source = place / "source"
    files = ["pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE"]
    names = [*files, "reidbench", "registry", "plugins", "configs"]
    source.mkdir()
    # A copy: building in the checkout would leave build/ behind.
    subprocess.run(["cp", "-r", *(ROOT / n for n in names), source], check=True)
    pip = [sys.executable, "-m", "pip", "-q", "--disable-pip-version-check"]
    subprocess.run(
        [*pip, "wheel", "--no-deps", "--no-build-isolation", "-w", place, source], check=True
    )
    venv.create(place / "venv", with_pip=False, symlinks=True)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    site = place / "venv" / "lib" / version / "site-packages"
    subprocess.run(
        [*pip, "install", "--no-deps", "--target", site, *place.glob("*.whl")], check=True
    )
    # After the wheel in the search order, and without this environment's .pth files: the
    # packages of the wheel win, whether reidbench is installed here as a wheel or editable.
    (site / "layer.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    return place / "venv" / "bin" / "python"


ENV = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
"""Nothing but the wheel's site-packages says where reidbench is."""


def call(python, *words, cwd):
    command = [python, "-m", "reidbench", *words]
    done = subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=ENV)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_everything_comes_from_the_wheel(python, tmp_path):
    code = (
        "import reidbench, reidbench_registry, reidbench_mllm\n"
        "print(reidbench.__file__, reidbench_registry.__file__, reidbench_mllm.__file__)"
    )
    command = [python, "-c", code]
    where = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=ENV)
    assert all(str(python.parents[1]) in path for path in where.stdout.split()), where.stdout
    assert where.stdout.split(), where.stderr
    names = {r["name"] for r in json.loads(call(python, "list", "--json", cwd=tmp_path))}
    assert {"QwenVL", "OpenCLIP", "PCM", "FR", "qrcm/distill"} <= names
    site = python.parents[1] / "lib"
    assert list(site.rglob("reidbench/results/result.schema.json"))
    assert not list(site.rglob("site-packages/plugins")), "plugins/ is a source root, no package"


def test_the_main_job_runs_from_the_wheel(python, tmp_path):
    options = [
        "data.train=6", "data.val=2", "data.test=6", "data.instances=2",
        "teacher.train.steps=1", "teacher.train.sampler.p=3",
        "student.train.steps=1", "student.train.sampler.p=3", "run.name=tiny",
    ]  # fmt: skip
    call(python, "run", "distill_pcm_fr", "--cfg-options", *options, cwd=tmp_path)
    result = json.loads((tmp_path / "runs" / "tiny" / "result.json").read_text())
    assert len(result["scores"]) == 9


def test_the_shipped_configs_come_with_the_wheel(python, tmp_path):
    rows = json.loads(call(python, "configs", "--json", cwd=tmp_path))
    inside = {row["name"]: Path(row["path"]) for row in rows}
    files = [p.relative_to(ROOT / "configs") for p in (ROOT / "configs").rglob("*.py")]
    assert inside.keys() == {f.with_suffix("").as_posix() for f in files if "_base_" not in f.parts}
    assert all(python.parents[1] in path.parents for path in inside.values())
    shown = call(python, "configs", "distill_cosine", cwd=tmp_path)
    assert shown == (ROOT / "configs" / "distill_cosine.py").read_text()


def test_a_plugin_is_written_and_checked_from_the_wheel(python, tmp_path):
    call(python, "new", "plugin", "mine", "--kind", "metric", cwd=tmp_path)
    assert (tmp_path / "mine" / "mine" / "metric.py").is_file()
    rows = json.loads(call(python, "plugins", "check", "reidbench_metrics", "--json", cwd=tmp_path))
    assert rows and {row["status"] for row in rows} == {"passed"}


def test_the_golden_suite_comes_with_the_wheel(python, tmp_path):
    command = [python, "-m", "reidbench.evaluation.golden", tmp_path / "golden"]
    subprocess.run(command, check=True, capture_output=True, cwd=tmp_path, env=ENV)
    assert len(list((tmp_path / "golden").glob("*/expected.json"))) >= 15


def test_the_pages_are_made_from_the_wheel(python, tmp_path):
    code = (
        "from reidbench.leaderboard.page.html import page\n"
        "print(page({'title': 'Board', 'benchmarks': [], 'rows': []}))\n"
        "from reidbench.report.page.html import page\n"
        "print(page({'title': 'Runs'}))"
    )
    command = [python, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=ENV)
    assert done.returncode == 0, done.stderr
    for part in (
        "<!doctype html>",
        "Chart.js v",
        "light-dark(",
        "What the words mean",
        "Rank lists",
    ):
        assert part in done.stdout
