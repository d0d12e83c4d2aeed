"""reidbench new plugin: what it writes is a whole package that pip installs and a run takes."""

import json
import shlex
import tomllib
from pathlib import Path

import pytest

from reidbench.cli.main import main
from reidbench_registry import API_VERSION, KINDS

ROOT = Path(__file__).parents[1]
TINY = [
    "data.train=6", "data.val=2", "data.test=6", "data.instances=2",
    "teacher.train.steps=1", "teacher.train.sampler.p=3",
    "student.train.steps=1", "student.train.sampler.p=3",
    "run.threads=1", "run.device=cpu", "run.name=tiny",
]  # fmt: skip


def written(name, kind, parent):
    assert main(["new", "plugin", name, "--kind", kind, "--dir", str(parent)]) == 0
    return parent / name


def entries(layer, cwd):
    rows = json.loads(layer.call("reidbench", "list", "--json", cwd=cwd))
    return {row["name"]: row for row in rows}


def test_a_distiller_from_nothing_to_a_run_and_away_again(layer, tmp_path):
    package = written("reid-alike", "distiller", tmp_path)
    layer.call("pip", "install", "--no-build-isolation", "--no-deps", package, cwd=tmp_path)
    row = entries(layer, tmp_path)["ReidAlike"]
    assert row["kind"] == "distiller" and row["distribution"] == "reid-alike"

    config = ROOT / "configs" / "distill_cosine.py"
    line = "student.train.distillers=[{'type': 'ReidAlike', 'weight': 1.0}]"
    layer.call("reidbench", "run", config, "--cfg-options", *TINY, line, cwd=tmp_path)
    result = json.loads((tmp_path / "runs" / "tiny" / "result.json").read_text())
    used = [c for c in result["components"] if c["distribution"] == "reid-alike"]
    assert [(c["kind"], c["name"]) for c in used] == [("distiller", "ReidAlike")]

    layer.call("pytest", "-q", cwd=package)
    layer.call("pip", "uninstall", "-y", "reid-alike", cwd=tmp_path)
    assert "ReidAlike" not in entries(layer, tmp_path)


@pytest.fixture(scope="module")
def all_kinds(layer, tmp_path_factory):
    """A folder with a written package of each kind, `mine-KIND`, all seen by `layer`."""
    place = tmp_path_factory.mktemp("kinds")
    for kind in KINDS:
        package = written(f"mine-{kind}", kind, place)
        project = tomllib.loads((package / "pyproject.toml").read_text())["project"]
        # By hand what `pip install -e` would write: one pip call per kind takes a while.
        info = layer.site / f"mine_{kind}-{project['version']}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
        )
        ((group, points),) = project["entry-points"].items()
        lines = [f"[{group}]", *(f"{name} = {target}" for name, target in points.items())]
        (info / "entry_points.txt").write_text("\n".join(lines) + "\n")
        (layer.site / f"mine_{kind}.pth").write_text(f"{package}\n")
    return place


def test_every_kind_is_registered(layer, all_kinds):
    found = entries(layer, all_kinds)
    for kind in KINDS:
        row = found[f"Mine{kind.capitalize()}"]
        assert (row["kind"], row["distribution"]) == (kind, f"mine-{kind}")


def test_every_kind_passes_its_own_tests(layer, all_kinds):
    tests = [all_kinds / f"mine-{kind}" / "tests" for kind in KINDS]
    layer.call("pytest", "-q", "--import-mode=importlib", *tests, cwd=all_kinds)


CHECK = """
import shlex, sys
from pathlib import Path
from reidbench import config
from reidbench.config.shipped import find
from reidbench.pluginhost import PluginHost

for readme in sys.argv[1:]:
    lines = Path(readme).read_text().splitlines()
    for line in (line for line in lines if line.startswith("reidbench run")):
        _, _, path, _, *options = shlex.split(line)
        config.resolve(config.load(find(path)), options, PluginHost())
        print(line)
"""


def test_the_config_line_of_every_readme_is_accepted(layer, all_kinds):
    readmes = [all_kinds / f"mine-{kind}" / "README.md" for kind in KINDS]
    lines = layer.call(layer.python, "-c", CHECK, *readmes, cwd=ROOT).splitlines()
    named = {kind for kind in KINDS for line in lines if f"Mine{kind.capitalize()}" in line}
    # A task is named by a protocol, not by a config.
    assert named == set(KINDS) - {"task"}


def test_every_kind_is_linted(layer, all_kinds):
    pytest.importorskip("ruff")
    rules = ["--isolated", "--no-cache", "--line-length", "100"]
    ruff = [layer.python, "-m", "ruff"]
    for kind in KINDS:
        package = all_kinds / f"mine-{kind}"
        layer.call(*ruff, "check", *rules, "--select", "E,F,I,UP,B", ".", cwd=package)
        layer.call(*ruff, "format", *rules, "--check", ".", cwd=package)


def test_several_kinds_in_one_package(layer, tmp_path):
    words = ["new", "plugin", "two-kinds", "--kind", "loss", "metric", "--dir", str(tmp_path)]
    assert main(words) == 0
    package = tmp_path / "two-kinds"
    text = (package / "two_kinds" / "__init__.py").read_text()
    assert 'catalog.add("loss", "TwoKindsLoss", "two_kinds.loss:TwoKindsLoss")' in text
    assert 'catalog.add("metric", "TwoKindsMetric", "two_kinds.metric:TwoKindsMetric")' in text
    layer.call(layer.python, "-m", "pytest", "-q", package, cwd=package)
    pytest.importorskip("ruff")
    rules = ["--isolated", "--no-cache", "--line-length", "100", "--select", "E,F,I,UP,B"]
    layer.call(layer.python, "-m", "ruff", "check", *rules, ".", cwd=package)


def test_the_version_that_is_written_is_the_one_that_documents_explain(tmp_path, capsys):
    package = written("mine", "loss", tmp_path)
    assert f"pip install -e {shlex.quote(f'{package}[test]')}" in capsys.readouterr().out
    line = f"REIDBENCH_API = {API_VERSION}"
    assert line in (package / "mine" / "__init__.py").read_text().splitlines()
    for page in ("hooks.md", "plugins.md"):
        assert line in (ROOT / "docs" / page).read_text().splitlines()


def test_what_exists_is_never_overwritten(tmp_path, capsys):
    folder = written("mine", "loss", tmp_path)
    before = {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    assert main(["new", "plugin", "mine", "--kind", "metric", "--dir", str(tmp_path)]) == 2
    assert "exists: nothing was written" in capsys.readouterr().err
    assert {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()} == before
    (tmp_path / "file").touch()
    assert main(["new", "plugin", "file", "--kind", "metric", "--dir", str(tmp_path)]) == 2
    assert main(["new", "plugin", "x", "--kind", "loss", "--dir", str(tmp_path / "file")]) == 2
    assert (tmp_path / "file").read_bytes() == b""


def test_a_failure_on_the_way_leaves_nothing(tmp_path, monkeypatch):
    from reidbench.cli import new

    real = new._fill

    def full(template, words):
        if template.name == "test.py.tmpl":
            raise OSError(28, "No space left on device")
        return real(template, words)

    monkeypatch.setattr(new, "_fill", full)
    assert main(["new", "plugin", "mine", "--kind", "loss", "--dir", str(tmp_path)]) == 2
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("my plugin", "loss", "'my plugin' is no name for a package"),
        ("../mine", "loss", "is no name for a package"),
        ("", "loss", "is no name for a package"),
        ("3d-loss", "loss", "a letter first"),
        ("möbius", "loss", "is no name for a package"),
        ("mine-", "loss", "is no name for a package"),
        ("class", "loss", "'class' is a word of Python"),
        ("json", "loss", "there is already a module 'json'"),
        ("Torch", "loss", "there is already a module 'torch'"),
        ("reidbench-losses", "loss", "there is already a module 'reidbench_losses'"),
        ("mine", "distillers", "unknown kind 'distillers'; did you mean 'distiller'?"),
    ],
)
def test_mistakes_are_one_line(tmp_path, capsys, name, kind, words):
    assert main(["new", "plugin", name, "--kind", kind, "--dir", str(tmp_path)]) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert words in line
    assert not list(tmp_path.iterdir())
