"""Configs: what is accepted, what is refused, and in which words."""

import json
import sys
from pathlib import Path

import pytest

from reidbench import config
from reidbench.pluginhost import PluginHost
from reidbench.sweep.plan import cells, declaration
from reidbench_registry import ConfigError

CONFIGS = Path(__file__).parents[2] / "configs"


@pytest.fixture(scope="module")
def host():
    return PluginHost()


def shipped(host, name="distill_pcm_fr", options=()):
    return config.resolve(config.load(CONFIGS / f"{name}.py"), list(options), host)


@pytest.mark.parametrize("path", sorted(CONFIGS.rglob("[!_]*.py")), ids=lambda p: p.stem)
def test_every_shipped_config_loads(host, path):
    if "_base_" in path.parent.name:
        return
    raw = config.load(path)
    if "sweep" not in raw:
        assert config.resolve(raw, [], host)
        return
    declared = declaration(raw.pop("sweep"))
    assert len(cells(raw, declared, [], path.stem, CONFIGS)) >= len(declared.seeds)


def test_checking_a_config_imports_nothing_heavy():
    import subprocess

    code = (
        "import sys; from pathlib import Path; from reidbench.run.runner import prepare\n"
        f"import tempfile; prepare(Path({str(CONFIGS / 'distill_pcm_fr.py')!r}), [], None, "
        "Path(tempfile.mkdtemp()))\n"
        "assert not {'torch', 'transformers', 'open_clip'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_resolved_config_is_data_and_resolves_to_itself(host, tmp_path):
    from dataclasses import asdict

    experiment = shipped(host)
    saved = tmp_path / "config.json"
    saved.write_text(json.dumps(asdict(experiment)))
    assert config.resolve(config.load(saved), [], host) == experiment


def test_toml_is_read_as_data(host, tmp_path):
    path = tmp_path / "c.toml"
    path.write_text(
        "[data]\ntype='SyntheticPedestrians'\n[evaluation]\nprotocol='qrcm/distill'\n"
        "modes=['edge']\n[student.backbone]\ntype='OpenCLIP'\n[student.train]\nsteps=5\n"
        "sampler={type='PKModality'}\nlosses=[{type='Triplet'}]\n"
    )
    experiment = config.resolve(config.load(path), [], host)
    assert experiment.student.train.losses == [{"type": "Triplet", "weight": 1.0}]
    assert experiment.run.seed == 0


@pytest.mark.parametrize(
    ("option", "field"),
    [
        ("student.train.steps=7", lambda e: e.student.train.steps == 7),
        ("student.train.distillers.0.rank=3", lambda e: e.student.train.distillers[0]["rank"] == 3),
        ("student.neck=none", lambda e: e.student.neck == "none"),
        ("student.backbone.embed_dim=None", lambda e: e.student.backbone["embed_dim"] is None),
        ("run.name=five", lambda e: e.run.name == "five"),
        ("evaluation.modes=['edge']", lambda e: e.evaluation.modes == ["edge"]),
        (
            "student.train.losses=[{'type':'Triplet'}]",
            lambda e: e.student.train.losses == [{"type": "Triplet", "weight": 1.0}],
        ),
    ],
)
def test_overrides(host, option, field):
    assert field(shipped(host, options=[option]))


@pytest.mark.parametrize("turned", [False, True])
def test_an_entry_of_another_type_takes_over_no_arguments(host, caplog, turned):
    """But for its weight, which is the harness's, and what the command line gives, in any order."""
    options = ["student.train.distillers.0.type=FR", "student.train.distillers.0.form=mse",
               "student.backbone.type=TimmImage", "student.backbone.model=resnet10t"]  # fmt: skip
    first = shipped(host).student.train.distillers[0]
    changed = shipped(host, options=options[::-1] if turned else options).student
    assert first["type"] == "PCM" and first["rank"] == 50
    assert changed.train.distillers[0] == {"type": "FR", "form": "mse", "weight": first["weight"]}
    assert changed.backbone == {"type": "TimmImage", "model": "resnet10t"}
    assert sorted(r.getMessage() for r in caplog.records) == [
        "student.backbone: 'TimmImage' replaces 'OpenCLIP', whose pretrained, projection are "
        "left out",
        "student.train.distillers.0: 'FR' replaces 'PCM', whose rank is left out",
    ]
    caplog.clear()
    assert shipped(host, options=["student.train.distillers.0.type=PCM"]) == shipped(host)
    assert not caplog.records


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("student.train.stepz=7", "unknown key 'stepz'; did you mean 'steps'"),
        ("studend.train.steps=7", "no 'studend'; did you mean 'student'"),
        ("student.train.distillers.5.rank=3", "no item '5'"),
        ("student.train.distillers.0.ranks=3", "takes no 'ranks'; did you mean 'rank'"),
        ("student.train.distillers.0.type=PCN", "unknown distiller 'PCN'; did you mean 'PCM'"),
        ("student.train.distillers.0.weight=much", "expected a number, got 'much'"),
        ("student.train.steps=many", "expected an integer, got 'many'"),
        ("student.train.steps=0", "at least 1"),
        ("student.train.batches_per_step=0", "batches_per_step: expected at least 1"),
        ("teacher.neck=batch", "expected one of 'none', 'bn'"),
        ("evaluation.protocol=qrcm/distil", "did you mean 'qrcm/distill'"),
        ("evaluation.modes=['fog']", "unknown mode 'fog'"),
        ("evaluation.modes=[]", "at least one mode"),
        ("data.type=os.system", "unknown dataset 'os.system'"),
        ("data=3", "expected"),
        ("seed", "expected path=value"),
        ("run.seed.x=1", "run.seed is 0, no section"),
    ],
)
def test_wrong_overrides_are_one_line(host, option, message):
    with pytest.raises(ConfigError, match=message) as caught:
        shipped(host, options=[option])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("data = dict(type=print)", "is not plain data"),
        ("data = dict(", "SyntaxError|was never closed"),
        ("_base_ = ['nowhere.py']", "nowhere.py"),
        ("1 / 0", "ZeroDivisionError"),
        ("data = dict(type='SyntheticPedestrians')", "'evaluation' is missing"),
        ("dat = 1", "unknown key 'dat'; did you mean 'data'"),
    ],
)
def test_broken_python_configs_are_one_line(host, tmp_path, text, message):
    path = tmp_path / "broken.py"
    path.write_text(text)
    with pytest.raises(ConfigError, match=message) as caught:
        config.resolve(config.load(path), [], host)
    assert "\n" not in str(caught.value)


def test_a_config_may_import_and_keep_private_names(tmp_path):
    path = tmp_path / "c.py"
    path.write_text("import math\n_half = math.pi / 2\nrun = dict(seed=int(_half))\n")
    assert config.load(path) == {"run": {"seed": 1}}


def test_data_configs_run_no_code(tmp_path):
    base = tmp_path / "base.py"
    base.write_text("raise SystemExit('code ran')")
    path = tmp_path / "c.json"
    path.write_text(json.dumps({"_base_": ["base.py"]}))
    with pytest.raises(ConfigError, match="_base_ works in .py configs only"):
        config.load(path)
    path.write_text(json.dumps({"custom_imports": {"imports": ["base"]}}))
    assert config.load(path) == {"custom_imports": {"imports": ["base"]}}


@pytest.mark.parametrize("name", ["absent.py", "config.yaml", "broken.json", "broken.toml"])
def test_files_that_are_no_configs(tmp_path, name):
    if not name.startswith("absent"):
        (tmp_path / name).write_text("{")
    with pytest.raises(ConfigError, match=name):
        config.load(tmp_path / name)


def test_a_student_without_a_teacher_has_only_its_own_mode(host):
    with pytest.raises(ConfigError, match="modes: 'cloud' needs a teacher, and there is none"):
        shipped(host, "student_only", ["evaluation.modes=['cloud']"])
    with pytest.raises(ConfigError, match="modes: 'edge' needs a student, and there is none"):
        shipped(host, "distill_cosine", ["student=None"])
    assert shipped(host, "distill_cosine", ["student=None", "evaluation.modes=['cloud']"])
    with pytest.raises(ConfigError, match="no teacher to distil from"):
        shipped(host, "student_only", ["student.train.distillers=[{'type':'Cosine'}]"])
