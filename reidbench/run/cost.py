"""What a mode costs: parameters, arithmetic and time of a query, bytes of a gallery item.

No figure stops a run: one that cannot be had is null, and the run says why.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import fmean, median
from typing import Any

import torch

from reidbench_registry import Record, Task
from reidbench_registry.errors import explain

from ..config.modes import MODES
from ..embeddings import Embeddings
from ..embeddings.items import Items, loader
from ..models.model import ReIDModel
from ..results.origin import unknown_cost
from ..tools.files import write_json
from ..tools.guarded import read_json
from .context import Context
from .device import device_of

FILE = "cost.json"
REPETITIONS = 10
SECONDS = 2.0
"""A slow model is timed less often."""

Open = Callable[[str], ReIDModel]
Measure = Callable[[ReIDModel, Record, torch.device], float]


class Costs:
    """`costs(mode, tasks)`; each model is measured once. `open` gives a model by its name,
    `embeddings` those that are scored, `tell` takes a line."""

    def __init__(
        self,
        open: Open,
        embeddings: Mapping[str, Embeddings],
        records: Sequence[Record],
        device: torch.device,
        tell: Callable[[str], None],
    ) -> None:
        self._open, self._embeddings, self._records = open, embeddings, records
        self._device, self._tell = device, tell
        self._by_id = {r.item_id: r for r in records}
        self._measured: dict[tuple[str, str, str], float] = {}

    def __call__(self, mode: str, tasks: Sequence[Task]) -> dict[str, Any]:
        """The cost of a mode that answers the tasks, as a record has it."""
        asks, answers = MODES[mode].query, MODES[mode].gallery
        cost = unknown_cost(self._embeddings[answers].dim)
        try:
            model = self._open(asks)
            cost["parameters"] = sum(p.numel() for p in model.parameters())
            queries = self._queries(asks, tasks)
        except Exception as error:
            self._tell(f"{mode}: the cost of a query is not known: {explain(error, 'reidbench')}")
            return cost
        measures: dict[str, Measure] = {"gflops": gflops, "query_ms": milliseconds}
        for name, measure in measures.items():
            try:
                # Of a query that is fused, its members are embedded one after the other.
                values = [sum(self._of(asks, name, measure, r) for r in q) for q in queries]
                cost[name] = fmean(values) or None  # 0: of nothing that is counted
            except Exception as error:
                self._tell(f"{mode}: {name} of a query is not known: {explain(error, 'reidbench')}")
        return cost

    def _queries(self, model: str, tasks: Sequence[Task]) -> list[list[Record]]:
        """For one query of each modality, the records that the model embeds."""
        first: dict[str, Record] = {}
        for task in tasks:
            if task.query.modality not in first:
                first[task.query.modality] = next(r for r in self._records if task.query(r))
        of_model = self._embeddings[model]
        return [[self._by_id[i] for i in of_model.items_of(r)] for r in first.values()]

    def _of(self, model: str, name: str, measure: Measure, record: Record) -> float:
        key = model, name, record.item_id
        if key not in self._measured:
            self._measured[key] = measure(self._open(model), record, self._device)
        return self._measured[key]


def save_costs(
    folder: Path,
    context: Context,
    open: Open,
    embeddings: Mapping[str, Embeddings],
    records: Sequence[Record],
    chosen: Sequence[tuple[Task, str]],
) -> None:
    """Write what each mode of the chosen (task, mode) costs."""
    device = device_of(context.experiment.run)
    tell = functools.partial(context.reporter.line, "evaluate")
    cost = Costs(open, embeddings, records, device, tell)
    modes = dict.fromkeys(mode for _, mode in chosen)
    costs = {mode: cost(mode, [task for task, name in chosen if name == mode]) for mode in modes}
    write_json(folder / FILE, {"device": str(device), "modes": costs})


def read_costs(folder: Path, device: torch.device) -> dict[str, Any]:
    """mode -> its cost, as `save_costs` wrote it. A time that was taken on another device is left
    out. Raises DataError for a damaged file."""
    found = read_json(folder / FILE)
    if found["device"] != str(device):
        return {mode: {**cost, "query_ms": None} for mode, cost in found["modes"].items()}
    return found["modes"]


def _embedding(
    model: ReIDModel, record: Record, device: torch.device
) -> Callable[[], torch.Tensor]:
    """What embeds the record, which is preprocessed already."""
    from accelerate.utils import send_to_device

    model.to(device).eval()
    _, modality, batch = next(iter(loader(Items([record], model.backbone), [[(0, 0)]], 0)))
    return lambda: model(send_to_device(batch, device), modality.to(device)).embedding


@torch.no_grad()
def gflops(model: ReIDModel, record: Record, device: torch.device) -> float:
    """Of embedding the record; a multiply-add counts as two."""
    from torch.utils.flop_counter import FlopCounterMode

    embed = _embedding(model, record, device)
    with FlopCounterMode(display=False) as counter:
        embed()
    return counter.get_total_flops() / 1e9


@torch.inference_mode()
def milliseconds(model: ReIDModel, record: Record, device: torch.device) -> float:
    """Median time to embed the record alone."""
    embed = _embedding(model, record, device)
    embed()
    taken: list[float] = []
    while not taken or (len(taken) < REPETITIONS and sum(taken) < SECONDS):
        begin = time.perf_counter()
        embed().cpu()  # waits for the device
        taken.append(time.perf_counter() - begin)
    return 1000 * median(taken)
