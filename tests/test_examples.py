"""The packages under examples/ install, pass their own tests and run by config lines only."""

import json
import shutil
from pathlib import Path

ROOT = Path(__file__).parents[1]
TINY = [
    "data.train=6", "data.val=2", "data.test=6", "data.instances=2",
    "teacher.train.steps=1", "teacher.train.sampler.p=3",
    "student.train.steps=2", "student.train.sampler.p=3",
    "student.backbone.width=4", "student.backbone.depth=1",
    "run.threads=1", "run.device=cpu", "run.name=tiny",
]  # fmt: skip


def test_image_only_student_takes_the_place_of_the_shipped_one(layer, tmp_path):
    # A copy: building a package leaves build/ beside it.
    shutil.copytree(ROOT / "configs", tmp_path / "configs")
    package = tmp_path / "examples" / "reidbench_osnet"
    shutil.copytree(ROOT / "examples" / "reidbench_osnet", package)
    layer.call("pip", "install", package, cwd=tmp_path)
    layer.call("pytest", "-q", cwd=package)

    config = package / "configs" / "distill_osnet.py"
    output = layer.call("reidbench", "run", config, "--cfg-options", *TINY, cwd=tmp_path)
    result = json.loads((tmp_path / "runs" / "tiny" / "result.json").read_text())
    ours = {c["name"] for c in result["components"] if c["distribution"] == "reidbench-osnet"}
    assert ours == {"OSNet", "Circle"}

    # The student embeds no text: only the cloud answers text queries, and the run says so.
    modes = {}
    for row in result["scores"]:
        modes.setdefault(row["identity"]["task"]["name"], []).append(row["mode"])
    everywhere = ["cloud", "edge", "edge-cloud"]
    assert modes == {"ir2rgb": everywhere, "sketch2rgb": everywhere, "text2rgb": ["cloud"]}
    for mode in ("edge", "edge-cloud"):
        assert f"text2rgb, {mode}: not scored, the student does not embed text" in output
