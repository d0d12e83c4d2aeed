"""A folder of weights may carry code: it is never run, and nobody is asked whether it should be."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from reidbench_mllm.checkpoint import EMBEDDED, open_checkpoint
from reidbench_mllm.qwenvl import QwenVL
from reidbench_registry import DataError

CONFIG = Path(__file__).parents[2] / "configs" / "distill_cosine.py"
CODE = """
from pathlib import Path
Path({marker!r}).write_text("ran")
from transformers import *
class Mine(PretrainedConfig): model_type = "mine"
class Model(PreTrainedModel): config_class = Mine
Tokenizer = Processor = ImageProcessor = Model
def generate(*_, **__): pass
"""


@pytest.fixture
def folder(tmp_path):
    """The embedded checkpoint, with code in every place where transformers looks for some."""
    folder, marker = tmp_path / "weights", tmp_path / "ran"
    shutil.copytree(EMBEDDED, folder)
    model, _ = open_checkpoint("embedded", dtype=torch.float32, attn_implementation="sdpa", seed=0)
    model.save_pretrained(folder)
    code = CODE.format(marker=str(marker))
    for name in ("modeling_mine.py", "custom_generate/generate.py"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(code)
    classes = {
        "AutoConfig": "Mine", "AutoModel": "Model", "AutoModelForCausalLM": "Model",
        "AutoModelForImageTextToText": "Model", "AutoProcessor": "Processor",
        "AutoImageProcessor": "ImageProcessor",
    }  # fmt: skip
    auto = {kind: f"modeling_mine.{name}" for kind, name in classes.items()}
    auto["AutoTokenizer"] = ["modeling_mine.Tokenizer", "modeling_mine.Tokenizer"]
    for path in ("config.json", "processor_config.json", "tokenizer_config.json",
                 "preprocessor_config.json", "generation_config.json"):  # fmt: skip
        file = folder / path
        given = json.loads(file.read_text()) if file.exists() else {}
        file.write_text(json.dumps(given | {"auto_map": auto}))
    return folder


def edit(path, **changes):
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


CHANGES = {
    "as it is": lambda f: None,
    "a model of its own": lambda f: edit(f / "config.json", model_type="mine",
                                         architectures=["Model"]),
    "a processor of its own": lambda f: edit(f / "processor_config.json",
                                             processor_class="Processor"),
    "a tokenizer of its own": lambda f: edit(f / "tokenizer_config.json",
                                             tokenizer_class="Tokenizer"),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_code_in_the_folder_is_not_run(folder, change, monkeypatch):
    CHANGES[change](folder)
    monkeypatch.setattr("builtins.input", lambda *_: pytest.fail("somebody was asked"))
    try:
        QwenVL(str(folder), image_size=[64, 32])
    except DataError as error:
        assert "\n" not in str(error) and str(folder) in str(error)
    assert not (folder.parent / "ran").exists()


@pytest.mark.parametrize("change", ["as it is", "a processor of its own", "a model of its own"])
def test_a_dry_run_neither_asks_nor_runs_it(folder, change, tmp_path):
    CHANGES[change](folder)
    words = ["run", CONFIG, "--dry-run", "--work-dir", tmp_path / "runs", "--cfg-options",
             f"teacher.backbone.weights={folder}", "data.train=6", "data.val=2", "data.test=6",
             "data.instances=2", "run.device=cpu"]  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "reidbench", *map(str, words)],
        input="y\n" * 100, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode in (0, 2), done.stderr
    assert "[y/N]" not in done.stdout + done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda f: edit_section(f, "text_config", vocab_size=10**9), "vocab_size is 1000000000"),
        (lambda f: edit_section(f, "text_config", num_hidden_layers=10**7), "num_hidden_layers"),
        (lambda f: edit_section(f, "vision_config", depth="x"), "depth is 'x'"),
        (lambda f: (f / "config.json").write_text("[" * 10**5), "nested more than 64 levels"),
        (lambda f: (f / "tokenizer_config.json").write_text("[]"), "expected an object"),
        (lambda f: (f / "reidbench.json").write_text('{"prompts": ' * 500), "reidbench.json"),
    ],
)
def test_settings_that_lie(folder, damage, words):
    damage(folder)
    with pytest.raises(DataError, match=words) as caught:
        QwenVL(str(folder))
    assert "\n" not in str(caught.value) and str(folder) in str(caught.value)


def edit_section(folder, name, **changes):
    path = folder / "config.json"
    config = json.loads(path.read_text())
    config[name] |= changes
    path.write_text(json.dumps(config))
