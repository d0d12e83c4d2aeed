"""A small data set whose embeddings are scored, and the inputs of its report."""

import numpy as np
import torch
from PIL import Image

from reidbench.embeddings import Embeddings
from reidbench.embeddings.files import Submission
from reidbench.evaluation.chosen import Chosen, choose
from reidbench.evaluation.scoring import Pair, score_all
from reidbench.pluginhost import PluginHost
from reidbench.report.files import of_files
from reidbench.report.inputs import Pictures
from reidbench.results import record as results
from reidbench.results.origin import unknown_cost
from reidbench_registry import DatasetCard, Record, Selector, Task

HOSTILE = "<script>alert(1)</script> \u202eeman\u202c & \"quotes\" 'single' ]]>"


def world(folder, people=12, photos=3, cameras=2):
    """RGB and infrared pictures and a caption of each photo, and their records."""
    rng = np.random.default_rng(0)
    records = []
    for p in range(people):
        for i in range(photos):
            for modality in ("rgb", "ir", "text"):
                item = f"{modality}-{p}-{i}"
                path = None
                if modality != "text":
                    path = folder / f"{item}.png"
                    colour = rng.integers(0, 255, (8, 4, 3)).astype(np.uint8)
                    Image.fromarray(colour).resize((64, 160)).save(path)
                records.append(
                    Record(
                        item,
                        "toy",
                        "test",
                        modality,
                        f"p{p}",
                        camera_id=f"c{i % cameras}",
                        instance_id=f"{p}-{i}",
                        path=str(path) if path else None,
                        text=f"{HOSTILE} {item}" if modality == "text" else None,
                    )
                )
    return records


def embedded(records, seed=0, noise=1.0, dim=8):
    rng = np.random.default_rng(seed)
    people = sorted({r.pid for r in records})
    centres = dict(
        zip(people, np.random.default_rng(9).normal(size=(len(people), dim)), strict=True)
    )
    rows = [centres[r.pid] + noise * rng.normal(size=dim) for r in records]
    return Embeddings(
        torch.tensor(np.array(rows), dtype=torch.float32), [r.item_id for r in records]
    )


def tasks(exclude="none", cmc="item", trials=None):
    return [
        Task("ir2rgb", Selector("ir"), Selector("rgb"), exclude, cmc, trials),
        Task("text2rgb", Selector("text"), Selector("rgb"), exclude, cmc, trials),
    ]


def inputs_of(records, bank, its_tasks, label="A", mode="edge", metrics=None, pictures=True):
    """The inputs of a report as `reidbench score` makes them, whatever the tasks."""
    host = PluginHost()
    metrics = metrics or choose(host, "task", {"type": "ir2rgb"}).metrics
    card = DatasetCard("toy", "1", "none", "none", ("rgb", "ir", "text"), synthetic=True)
    chosen = Chosen(its_tasks, metrics, None, [])
    scores = score_all(
        [(t, mode) for t in its_tasks], records, card, "0", {mode: Pair(bank, bank)}, metrics
    )
    record = results.build(
        status="submitted",
        run=None,
        reidbench="0",
        seed=None,
        protocol=None,
        dataset={**vars(card), "modalities": list(card.modalities), "fingerprint": "0",
                 "protocols": []},
        trained_on=[],
        source=None,
        conditions={},
        cost={mode: unknown_cost(bank.dim)},
        scores=scores.rows,
        components=[],
        stages={},
    )  # fmt: skip
    submission = Submission(f"{label}.npz", bank, {})
    made = of_files(
        record, scores, chosen, submission, submission, mode, records,
        Pictures() if pictures else None,
    )  # fmt: skip
    return made if label == "A" else type(made)(**{**vars(made), "label": label})
