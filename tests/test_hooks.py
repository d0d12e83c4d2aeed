"""Hooks: each is called with what its page says, and what goes wrong in one harms nobody else."""

import json
import re
from dataclasses import FrozenInstanceError, fields, is_dataclass
from pathlib import Path

import pytest

from reidbench.cli.main import main
from reidbench.pluginhost import PluginHost
from reidbench_registry import API_VERSION, RunInfo, RunResult, StageInfo, hookspecs

ROOT = Path(__file__).parents[1]
HOOKS = sorted(name for name in vars(hookspecs) if name.startswith("reidbench_"))
PAGE = (ROOT / "docs" / "hooks.md").read_text(encoding="utf-8")
TINY = [
    "data.train=6", "data.val=2", "data.test=6", "data.instances=2",
    "teacher.train.steps=1", "teacher.train.sampler.p=3",
    "student.train.steps=1", "student.train.sampler.p=3",
    "run.threads=1", "run.device=cpu", "run.name=tiny",
]  # fmt: skip

WITNESS = """
from reidbench_registry import ReportSection, hookimpl
seen = []

@hookimpl
def reidbench_register(catalog):
    seen.append(("reidbench_register", catalog))

@hookimpl
def reidbench_add_commands(subparsers):
    seen.append(("reidbench_add_commands", subparsers))
    subparsers.add_parser("count", help="count").set_defaults(handler=lambda given: 7)

@hookimpl
def reidbench_before_run(run):
    seen.append(("reidbench_before_run", run))
    run.config.clear()  # its own copy

@hookimpl
def reidbench_after_stage(stage):
    seen.append(("reidbench_after_stage", stage))

@hookimpl
def reidbench_add_report_section(result):
    seen.append(("reidbench_add_report_section", result))
    return ReportSection("Witness", "I saw it.")

@hookimpl
def reidbench_after_run(result):
    seen.append(("reidbench_after_run", result))
    assert (result.run.folder / "report.md").is_file()
"""

RAISES = "from reidbench_registry import hookimpl\n" + "\n".join(
    f"@hookimpl\ndef {name}({argument}):\n    raise RuntimeError('boom at {name}')\n"
    for name, argument in (
        ("reidbench_before_run", "run"),
        ("reidbench_after_stage", "stage"),
        ("reidbench_add_report_section", "result"),
        ("reidbench_after_run", "result"),
    )
)
EVERYWHERE = RAISES + "\n".join(
    f"@hookimpl\ndef {name}({argument}):\n    raise SystemExit('boom at {name}')\n"
    for name, argument in (
        ("reidbench_register", "catalog"),
        ("reidbench_add_commands", "subparsers"),
    )
)


def run(work_dir, *words):
    config = str(ROOT / "configs" / "distill_cosine.py")
    where = ["--work-dir", str(work_dir)]
    return main(["run", config, *words, *where, "--cfg-options", *TINY])


@pytest.fixture(scope="module")
def stages(tmp_path_factory):
    """A work directory in which every stage is present: runs over it take a moment."""
    work_dir = tmp_path_factory.mktemp("work")
    assert run(work_dir) == 0
    return work_dir


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_is_documented(hook):
    assert f"| `{hook}` |" in PAGE, "in the table"
    (heading,) = re.findall(rf"^## `{hook}\((.*)\)`$", PAGE, re.MULTILINE)
    arguments = getattr(hookspecs, hook).__annotations__.keys() - {"return"}
    assert set(heading.split(", ")) == arguments
    assert f"def {hook}(" in PAGE, "in the module with all of them"


def test_every_hook_is_called(install, stages, capsys):
    install("witness", source=WITNESS)
    assert run(stages) == 0
    import witness

    called = [name for name, _ in witness.seen]
    assert set(called) == set(HOOKS)
    given = dict(witness.seen)
    assert isinstance(given["reidbench_before_run"], RunInfo)
    names = [s.name for n, s in witness.seen if n == "reidbench_after_stage"]
    assert names == ["teacher", "embed", "distill", "evaluate"]
    stage = given["reidbench_after_stage"]
    assert isinstance(stage, StageInfo) and stage.skipped and stage.folder.is_dir()
    result = given["reidbench_after_run"]
    assert isinstance(result, RunResult) and result.run.config
    assert result.record == json.loads((stages / "tiny" / "result.json").read_text())
    assert (
        "## Witness\n\n*By witness 1.0.*\n\nI saw it."
        in (stages / "tiny" / "report.md").read_text()
    )
    assert main(["count"]) == 7
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "count" in capsys.readouterr().out


@pytest.mark.parametrize("kind", [RunInfo, StageInfo, RunResult])
def test_hooks_get_plain_frozen_values(kind):
    assert is_dataclass(kind)
    first = fields(kind)[0].name
    with pytest.raises(FrozenInstanceError):
        setattr(kind(*[None] * len(fields(kind))), first, "other")


def test_hooks_that_raise_are_a_line_each_and_the_run_goes_on(install, stages, capsys):
    install("shaky", source=RAISES)
    assert run(stages) == 0
    said = [line for line in capsys.readouterr().out.splitlines() if "shaky" in line]
    for hook in ("before_run", "after_stage", "add_report_section", "after_run"):
        assert any(f"plugin 'shaky', reidbench_{hook}: RuntimeError: boom" in s for s in said), hook
    log = (stages / "tiny" / "log.jsonl").read_text()
    assert "boom at reidbench_after_run" in log
    assert (stages / "tiny" / "result.json").is_file()


def test_strict_makes_a_raising_hook_an_error(install, stages, capsys):
    install("shaky", source=RAISES)
    assert run(stages, "--strict-plugins") == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert "plugin 'shaky', reidbench_before_run: RuntimeError: boom" in line


def test_a_plugin_that_raises_at_every_hook_at_once(install, stages, capsys):
    install("hopeless", source=EVERYWHERE)
    assert run(stages) == 0
    capsys.readouterr()
    assert main(["plugins", "--json"]) == 0
    rows = {p["name"]: p for p in json.loads(capsys.readouterr().out)}
    assert rows["hopeless"]["status"] == "broken"
    assert "boom at reidbench_register" in rows["hopeless"]["reason"]
    assert all(row["status"] == "ok" for name, row in rows.items() if name != "hopeless")
    for verb in ("plugins", "list"):
        assert main([verb, "--strict-plugins"]) == 2
        assert "broken plugins: hopeless (SystemExit: boom" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("REIDBENCH_API = (2, 0)", "written for plugin API 2.0; this reidbench has 1.1"),
        ("REIDBENCH_API = (1, 9)", "written for plugin API 1.9; this reidbench has 1.1"),
        ("REIDBENCH_API = '1'", "REIDBENCH_API: expected (major, minor), got '1'"),
    ],
)
def test_another_version_of_the_api_is_refused(install, line, reason):
    install("other", source=f"{WITNESS}\n{line}")
    (status,) = [p for p in PluginHost().plugins if p.name == "other"]
    assert (status.status, status.reason) == ("broken", reason)


def test_the_version_of_the_api_is_accepted(install):
    install("current", source=f"{WITNESS}\nREIDBENCH_API = {API_VERSION}")
    (status,) = [p for p in PluginHost().plugins if p.name == "current"]
    assert status.status == "ok"


def test_an_unknown_hook_is_named(install):
    install("newer", source=WITNESS + "\n@hookimpl\ndef reidbench_after_rum(result):\n    pass\n")
    (status,) = [p for p in PluginHost().plugins if p.name == "newer"]
    assert status.status == "broken" and "reidbench_after_rum" in status.reason


def test_a_report_section_of_the_wrong_type_is_a_line(install, stages, capsys):
    source = WITNESS.replace('ReportSection("Witness", "I saw it.")', "'just text'")
    install("wordy", source=source)
    assert run(stages) == 0
    assert "expected ReportSection, got 'just text'" in capsys.readouterr().out
    report = (stages / "tiny" / "report.md").read_text()
    assert "just text" not in report and "Figures in percent; chance R1 " in report


def test_a_plugin_cannot_take_a_verb_and_two_cannot_share_one(install, capsys):
    install("greedy", source=WITNESS.replace('"count"', '"list"'))
    assert main(["list", "loss"]) == 0
    assert "Triplet" in capsys.readouterr().out
    for name in ("one", "two"):
        install(name, source=WITNESS)
    assert main(["count"]) == 2
    assert "the verb 'count' is in several plugins: one, two" in capsys.readouterr().err


def test_a_missing_package_names_the_extra(install, tmp_path):
    install("extra_needing", source="import not_there_at_all")
    metadata = tmp_path / "extra_needing-1.0.dist-info" / "METADATA"
    metadata.write_text(
        metadata.read_text() + "Provides-Extra: gpu\n"
        'Requires-Dist: not-there-at-all>=2; extra == "gpu"\n'
    )
    (status,) = [p for p in PluginHost().plugins if p.name == "extra_needing"]
    assert "pip install 'extra_needing[gpu]'" in status.reason
