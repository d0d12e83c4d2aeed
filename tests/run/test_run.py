"""The main job, whole but tiny: every stage through the command line."""

import json
import shutil
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file

from reidbench.cli.main import main
from reidbench_mllm.checkpoint import EMBEDDED

ROOT = Path(__file__).parents[2]
TINY = [
    "data.train=6", "data.val=2", "data.test=6", "data.instances=2",
    "teacher.train.steps=2", "teacher.train.sampler.p=3",
    "student.train.steps=3", "student.train.sampler.p=3",
    "run.threads=1", "run.device=cpu", "run.name=tiny",
]  # fmt: skip


def run(work_dir, *options, config="distill_pcm_fr", seed=0):
    path = str(ROOT / "configs" / f"{config}.py")
    return main(["run", path, "--work-dir", str(work_dir), "--seed", str(seed),
                 "--cfg-options", *TINY, *options])  # fmt: skip


def result_of(work_dir, name="tiny"):
    return json.loads((work_dir / name / "result.json").read_text())


def skipped(output):
    return [line.split()[0] for line in output.splitlines() if "skipped" in line]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A work directory with one finished run."""
    work_dir = tmp_path_factory.mktemp("work")
    assert run(work_dir) == 0
    return work_dir


def test_run_folder_holds_everything_a_reader_needs(finished):
    folder = finished / "tiny"
    files = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert files >= {
        "config.json", "environment.json", "log.jsonl", "result.json", "data/card.json",
        "teacher/neck.safetensors", "embed/bank.safetensors", "embed/items.json",
        "distill/backbone/model.safetensors", "evaluate/scores.json",
    }  # fmt: skip
    assert not [f for f in files if f.endswith((".pt", ".pth", ".bin", ".pkl"))]


def test_result_record_says_what_was_scored(finished):
    result = result_of(finished)
    assert result["protocol"] == "qrcm/distill" and result["dataset"]["synthetic"]
    rows = {(r["identity"]["task"]["name"], r["mode"]): r for r in result["scores"]}
    assert len(rows) == 9
    assert {task for task, _ in rows} == {"ir2rgb", "sketch2rgb", "text2rgb"}
    for row in rows.values():
        assert set(row["metrics"]) == {"R1", "R5", "R10", "mAP", "mINP"}
        assert row["n_query"] == row["n_valid"] == row["n_gallery"] == 12
    # Two photos a person: without the query's own photo one positive among 11 stays.
    assert rows["ir2rgb", "edge"]["chance_R1"] == pytest.approx(1 / 11)
    assert rows["text2rgb", "edge"]["chance_R1"] == pytest.approx(2 / 12)
    kinds = {c["kind"] for c in result["components"]}
    assert kinds == {"backbone", "loss", "distiller", "dataset", "task", "protocol", "metric",
                     "sampler"}  # fmt: skip
    assert all(c["distribution"] == "reidbench" for c in result["components"])


def test_second_run_skips_every_stage_and_says_so(finished, capsys):
    before = result_of(finished)
    assert run(finished) == 0
    assert skipped(capsys.readouterr().out) == ["data", "teacher", "embed", "distill", "evaluate"]
    assert result_of(finished) == before


def test_another_distiller_shares_the_teacher(finished, capsys):
    assert run(finished, "run.name=cosine", config="distill_cosine") == 0
    assert skipped(capsys.readouterr().out) == ["data", "teacher", "embed"]


def test_student_alone_needs_no_teacher(finished, capsys):
    options = [o for o in TINY if not o.startswith("teacher")]
    path = str(ROOT / "configs" / "student_only.py")
    assert main(["run", path, "--work-dir", str(finished), "--cfg-options", *options,
                 "run.name=alone"]) == 0  # fmt: skip
    assert {r["mode"] for r in result_of(finished, "alone")["scores"]} == {"edge"}
    assert "teacher" not in capsys.readouterr().out.replace("no teacher", "")


def test_a_teacher_alone_is_trained_and_evaluated(finished, capsys):
    assert run(finished, "evaluation.modes=['cloud']", "run.name=cloud") == 0
    assert skipped(capsys.readouterr().out) == ["data", "teacher", "embed"]
    assert not (finished / "cloud" / "distill").exists()
    cloud = [s for s in result_of(finished)["scores"] if s["mode"] == "cloud"]
    assert result_of(finished, "cloud")["scores"] == cloud
    # It can be evaluated elsewhere, as any run.
    options = ["data.seed=5", "evaluation.modes=['cloud','edge']", "run.name=e"]
    path = finished / "cloud" / "config.json"
    words = ["--config", str(path), "--work-dir", str(finished), "--cfg-options", *options]
    assert main(["eval", str(finished / "cloud"), *words]) == 0
    assert {s["mode"] for s in result_of(finished, "e")["scores"]} == {"cloud"}


def test_a_teacher_may_be_used_as_it_is(finished, capsys):
    assert run(finished, "teacher.train=None", "evaluation.modes=['cloud']", "run.name=asis") == 0
    assert "used as it is" in capsys.readouterr().out
    result = result_of(finished, "asis")
    assert result["conditions"]["cloud"]["query"]["selection"] == "untrained"
    scores = {s["identity"]["task"]["name"]: s["metrics"] for s in result["scores"]}
    trained = [s for s in result_of(finished)["scores"] if s["mode"] == "cloud"]
    assert scores != {s["identity"]["task"]["name"]: s["metrics"] for s in trained}
    assert len(scores) == len(trained) == 3


def test_same_seed_gives_the_same_numbers(finished, tmp_path):
    assert run(tmp_path) == 0
    assert result_of(tmp_path)["scores"] == result_of(finished)["scores"]


def test_another_seed_trains_another_model(finished):
    assert run(finished, "run.name=other", seed=1) == 0
    assert result_of(finished, "other")["scores"] != result_of(finished)["scores"]


def test_interrupted_run_continues_at_the_unfinished_stage(finished, tmp_path, capsys, monkeypatch):
    from reidbench.run.stages import fit

    real = fit.train

    def interrupted(stage, *rest, **more):
        if stage == "distill":
            raise KeyboardInterrupt
        return real(stage, *rest, **more)

    monkeypatch.setattr(fit, "train", interrupted)
    assert run(tmp_path) == 130
    assert "continues" in capsys.readouterr().err
    assert not (tmp_path / "tiny" / "result.json").exists()
    assert not list((tmp_path / "stages").glob("distill-*"))
    monkeypatch.setattr(fit, "train", real)
    assert run(tmp_path) == 0
    assert skipped(capsys.readouterr().out) == ["data", "teacher", "embed"]
    assert result_of(tmp_path)["scores"] == result_of(finished)["scores"]


def test_full_disk_loses_nothing_that_was_done(finished, tmp_path, capsys, monkeypatch):
    from reidbench.models import checkpoint

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoint, "save", full)
    assert run(tmp_path) == 2
    assert "No space left on device" in capsys.readouterr().err
    assert not list((tmp_path / "stages").glob("*"))


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("student.train.distillers.0.rnak=3", "takes no 'rnak'; did you mean 'rank'?"),
        ("student.backbone.type=OpenClip", "unknown backbone 'OpenClip'; did you mean 'OpenCLIP'?"),
        ("student.train.sampler.p=500", "500"),
        ("student.train.optimizer.type=Adamw", "did you mean 'AdamW'?"),
        ("data.train=0", "split 'train' is empty"),
        ("run.device=cuda:99", "run.device 'cuda:99'"),
    ],
)
def test_mistakes_are_one_line(finished, capsys, option, words):
    assert run(finished, option, "run.name=wrong") == 2
    errors = capsys.readouterr().err.strip().splitlines()
    errors = [line for line in errors if "error:" in line or "Traceback" in line]
    assert len(errors) == 1 and words in errors[0]


def test_a_bug_shows_its_traceback(finished, capsys, monkeypatch):
    from reidbench.run import runner

    monkeypatch.setattr(runner, "execute", lambda context: 1 / 0)
    assert run(finished, "run.name=bug") == 70
    assert "ZeroDivisionError" in capsys.readouterr().err


@pytest.mark.skipif(
    not (ROOT.parent / "shared" / "data" / "street10").is_dir(), reason="street10 is not here"
)
def test_street10_runs_end_to_end(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    assert main(["run", "configs/street10.py", "--work-dir", str(tmp_path), "--cfg-options",
                 "teacher.train.steps=2", "student.train.steps=2",
                 "run.name=street"]) == 0  # fmt: skip
    result = result_of(tmp_path, "street")
    assert not result["dataset"]["synthetic"]
    assert all(r["identity"]["generated_by"] for r in result["scores"]
               if r["identity"]["task"]["name"] != "text2rgb")  # fmt: skip


def test_other_weights_under_the_same_name_train_another_teacher(finished, tmp_path, capsys):
    weights = tmp_path / "checkpoint"
    shutil.copytree(EMBEDDED, weights)
    option = f"teacher.backbone.weights={weights}"
    words = ["evaluation.modes=['cloud']", "run.name=local"]
    assert run(finished, option, *words) == 0
    capsys.readouterr()
    assert run(finished, option, *words) == 0
    assert "teacher" in skipped(capsys.readouterr().out)
    state = load_file(weights / "model.safetensors")
    save_file({n: t * 1.01 for n, t in state.items()}, weights / "model.safetensors")
    assert run(finished, option, *words) == 0
    assert "teacher" not in skipped(capsys.readouterr().out)


def test_a_mode_that_cannot_compare_is_refused_before_the_training(finished, capsys):
    assert run(finished, "student.backbone.embed_dim=96", "run.name=narrow") == 2
    shown = capsys.readouterr()
    assert "'edge-cloud' compares features of the student, which has 96 dimensions" in shown.err
    assert "parameters trained" not in shown.out.partition("distill")[2]
    options = ("student.backbone.embed_dim=96", "evaluation.modes=['edge']", "run.name=narrow")
    assert run(finished, *options) == 0


def test_unlabelled_items_are_for_the_distillers(finished, capsys):
    """They are drawn and counted, and who is in them makes no difference."""
    options = ["data.unlabelled=5", 'student.train.unlabelled={"type": "Uniform", "size": 8}',
               "run.name=more"]  # fmt: skip
    assert run(finished, *options) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "48 items of 6 identities and 40 unlabelled items" in shown
    assert "24 of 40 unlabelled items" in shown
    modes = result_of(finished, "more")["conditions"]
    assert modes["edge-cloud"]["query"]["unlabelled"] == 40
    assert modes["edge-cloud"]["gallery"]["unlabelled"] == 0
    nothing = ["student.train.distillers=[]", "evaluation.modes=['edge']", "run.name=unused"]
    alone = [*options, *nothing]
    assert run(finished, *alone) == 0
    assert "no distiller: the unlabelled items are not used" in capsys.readouterr().out
    assert result_of(finished, "unused")["conditions"]["edge"]["query"]["unlabelled"] == 0


def test_an_unlabelled_split_that_cannot_serve_is_told_before_the_work(tmp_path, capsys):
    use = 'student.train.unlabelled={"type": "Uniform", "size": 8}'
    assert run(tmp_path, use) == 2
    assert "split 'unlabelled' is empty" in capsys.readouterr().err
    assert run(tmp_path, use, "data.unlabelled=1", "data.instances=1") == 2
    assert "Uniform: size=8, but there are 4 items" in capsys.readouterr().err
    assert not (tmp_path / "stages").exists() or not list((tmp_path / "stages").glob("*/*"))


def test_a_student_is_used_as_it_is_where_nothing_trains_it(tmp_path):
    """The zero-shot baseline: no teacher, no training, mode edge."""
    options = [o for o in TINY if not o.startswith(("teacher.", "student."))]
    path = str(ROOT / "configs" / "baselines" / "clip_zero_shot.py")
    assert main(["run", path, "--work-dir", str(tmp_path), "--cfg-options", *options]) == 0
    result = result_of(tmp_path)
    assert {row["mode"] for row in result["scores"]} == {"edge"}
    assert result["conditions"]["edge"]["query"]["selection"] == "untrained"
    # The foundation finds people whom it never saw.
    text = next(r for r in result["scores"] if r["identity"]["task"]["name"] == "text2rgb")
    assert text["metrics"]["R1"] > 3 * text["chance_R1"]


def test_a_student_of_images_says_which_tasks_it_cannot_do(tmp_path, capsys):
    options = [o for o in TINY if not o.startswith("teacher.")]
    path = str(ROOT / "configs" / "baselines" / "bot.py")
    assert main(["run", path, "--work-dir", str(tmp_path), "--cfg-options", *options]) == 0
    assert "text2rgb, edge: not scored, the student does not embed text" in capsys.readouterr().out
    tasks = [r["identity"]["task"]["name"] for r in result_of(tmp_path)["scores"]]
    assert tasks == ["ir2rgb", "sketch2rgb"]


def test_several_teachers_are_one_bank(finished, capsys):
    """Two runs' teachers side by side teach a student of a run that has no teacher."""
    other = [*TINY, "teacher.train.steps=1", "run.name=second", "student=None",
             "evaluation.modes=['cloud']"]  # fmt: skip
    config = str(ROOT / "configs" / "distill_cosine.py")
    assert main(["run", config, "--work-dir", str(finished), "--cfg-options", *other]) == 0
    banks = [str(finished / "tiny"), str(finished / "second" / "embed")]
    options = ["teacher=None", "evaluation.modes=['edge']", f"student.train.banks={banks}"]
    tiny = [o for o in TINY if not o.startswith("teacher.")]
    words = ["run", config, "--work-dir", str(finished), "--cfg-options", *tiny, *options]
    assert main([*words, "run.name=both"]) == 0
    student = json.loads((finished / "both" / "config.json").read_text())["student"]
    assert student["backbone"]["embed_dim"] == 2 * 128
    # Their content counts, not their names.
    capsys.readouterr()
    shutil.copytree(finished / "tiny" / "embed", finished / "copy")
    banks[0] = str(finished / "copy")
    assert main([*words, "run.name=again", f"student.train.banks={banks}"]) == 0
    assert "distill" in skipped(capsys.readouterr().out)
    gone = f"student.train.banks={[str(finished / 'gone')]}"
    assert main([*words, "run.name=gone", gone]) == 2
    assert "gone' is neither a run with a bank nor a bank" in capsys.readouterr().err


def test_an_embedding_may_be_cut_to_leading_dimensions(finished, capsys):
    options = ["student.train.dims=[16,64]", "evaluation.dim=64", "run.name=cut"]
    assert run(finished, *options) == 0
    result = result_of(finished, "cut")
    assert result["conditions"]["edge"]["query"]["dim"] == 64
    assert result["conditions"]["cloud"]["gallery"]["dim"] == 64
    # Scored at another dimension nothing is trained again.
    capsys.readouterr()
    assert run(finished, *options, "evaluation.dim=16", "run.name=cut16") == 0
    assert "distill" in skipped(capsys.readouterr().out)
    assert result_of(finished, "cut16")["scores"] != result["scores"]
    assert run(finished, *options, "evaluation.dim=129", "run.name=cut129") == 2
    assert "evaluation.dim: 129, but the teacher's features have 128" in capsys.readouterr().err
    assert run(finished, "student.train.dims=[128]", "run.name=whole") == 2
    assert "student.train.dims: 128 is not below the embedding's 128" in capsys.readouterr().err
