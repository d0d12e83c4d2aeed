"""The entries of the project's own leaderboard: shipped configs, run with seed 0 and submitted.

    python benchmarks/embedded/suite.py --work-dir runs
    reidbench leaderboard verify --dir leaderboard
    reidbench leaderboard reproduce --dir leaderboard --work-dir again
    reidbench leaderboard build --dir leaderboard

Runs that are finished are not started again; an entry that exists is left as it is. To reproduce
needs a work directory of its own: stages that lie in one are not run again.
"""

import argparse
import subprocess
from pathlib import Path

BOARD = Path(__file__).parents[2] / "leaderboard"
THREADS = "run.threads=1"
"""Results depend on the number of threads in their last digits."""
ENTRIES = {
    # entry: (config, its title, modes)
    "teacher": ("baselines/teacher_alone", "Qwen2-VL teacher with LoRA", ["cloud"]),
    "clip-zero-shot": ("baselines/clip_zero_shot", "CLIP, not trained here", ["edge"]),
    "clip-fine-tuned": ("baselines/clip_finetuned", "CLIP, fine-tuned by InfoNCE", ["edge"]),
    "student-alone": ("baselines/student_alone", "Student without teacher", ["edge"]),
    "irra-style": ("baselines/irra", "IRRA-style: SDM and ID", ["edge"]),
    "tbps-clip-style": ("baselines/tbps_clip", "TBPS-CLIP-style: InfoNCE, augmented", ["edge"]),
    "bot": ("baselines/bot", "BoT-style ResNet with BNNeck", ["edge"]),
    "agw": ("baselines/agw", "AGW-style ResNet with channel augmentation", ["edge"]),
    "cosine": ("distill_cosine", "Distilled by cosine", ["edge", "edge-cloud"]),
    "pcm-fr": ("distill_pcm_fr", "Distilled by PCM and FR", ["edge", "edge-cloud"]),
    "pcm-fr-released": (
        "distill_pcm_fr_paper_weights",
        "Distilled by PCM and FR, released weights",
        ["edge", "edge-cloud"],
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--work-dir", type=Path, default=Path("runs"))
    work_dir = parser.parse_args().work_dir
    if not (BOARD / "benchmarks").is_dir():
        first = _run("distill_pcm_fr", "pcm-fr", work_dir)
        title = "reidbench: the drawn experiment"
        name = ["--name", "qrcm-synthetic", "--title", title]
        _reidbench("leaderboard", "init", BOARD, "--run", first, *name)
    for entry, (config, title, modes) in ENTRIES.items():
        if (BOARD / "submissions" / entry).exists():
            continue
        folder = _run(config, entry, work_dir)
        words = ["--dir", BOARD, "--entry", entry, "--title", title, "--dtype", "fp16"]
        _reidbench("leaderboard", "add", folder, *words, "--mode", *modes)


def _run(config: str, entry: str, work_dir: Path) -> Path:
    name = f"{entry}-seed0"
    options = ["--cfg-options", THREADS, f"run.name={name}"]
    _reidbench("run", config, "--seed", 0, "--work-dir", work_dir, *options)
    return work_dir / name


def _reidbench(*words: object) -> None:
    subprocess.run(["reidbench", *map(str, words)], check=True)


if __name__ == "__main__":
    main()
