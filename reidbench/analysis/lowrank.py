"""How many directions the embeddings of a run, or of any file, use."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from reidbench_registry import ConfigError, DataError, ReidbenchError, Track, did_you_mean
from reidbench_registry.registries import KindRegistry
from reidbench_registry.signature import signature

from ..config.fill import WEIGHT
from ..embeddings import Embeddings
from ..embeddings.moments import accumulate, together
from ..embeddings.spectrum import Spectrum, principal_angles, spectrum
from ..evaluation.chosen import choose
from ..pluginhost import PluginHost
from .kept import geometric, score_kept
from .sources import Source

TRAIN = "train"
FRACTIONS = (0.9, 0.95, 0.99)
FORMS = {"uncentred": False, "centred": True}


@dataclass(frozen=True)
class Options:
    split: str | None = None
    """The split that spectra are of; None: train where a bank has it, otherwise all its items"""
    subspace: int = 20
    """Directions of a modality whose angles to those of another are reported"""
    normalize: bool = False
    """Spectra of L2-normalised features"""
    kept: Sequence[int] | None = None
    """Numbers of components that are scored; None: powers of two; empty: none"""


def analyze(source: Source, options: Options, host: PluginHost, track: Track) -> dict[str, Any]:
    """Plain JSON data: `banks` (spectra and angles of each), `distillers` (those of the run's
    student that keep a number of components), `kept` (scores over kept components), `notes` (what
    was left out, and why).

    Raises DataError for features that have no spectrum, ConfigError for a split that no bank has
    and for a number of components beyond the dimension."""
    notes: list[str] = []
    banks = {
        model: _bank(source, model, bank, options)
        for model, bank in _with_split(source, options.split, notes).items()
    }
    result: dict[str, Any] = {
        "source": source.name, "banks": [], "distillers": [], "kept": [], "notes": notes,
    }  # fmt: skip
    for model, (described, _) in banks.items():
        result["banks"].append({"model": model, **described})
    basis = None
    if source.experiment is not None and "teacher" in source.banks:
        basis = _basis(source, banks.get("teacher"))
    if source.experiment is None or source.records is None or basis is None:
        if options.kept or source.experiment is not None:
            notes.append("no scores over kept components: there is no teacher's bank with a "
                         "train split")  # fmt: skip
        return result
    result["distillers"] = _distillers(source, basis, host, notes)
    dim = len(basis.directions)
    marked = [d["components"] for d in result["distillers"]]
    kept = geometric(dim, marked) if options.kept is None else sorted(set(options.kept))
    if kept and kept[-1] > dim:
        raise ConfigError(f"--kept {kept[-1]}: the features have {dim} dimensions")
    for model, bank in source.banks.items():
        if bank.dim != dim:
            notes.append(f"the {model} has {bank.dim} dimensions, the teacher {dim}: not projected")
    if kept:
        evaluation = source.experiment.evaluation
        chosen = choose(host, "protocol", evaluation.protocol, evaluation.metrics)
        records = list(source.records.values())
        result["kept"] = score_kept(
            basis, source.banks, records, chosen.tasks, evaluation.modes, chosen.metrics, kept,
            track,
        )  # fmt: skip
    return result


def _basis(source: Source, done: tuple[dict[str, Any], Spectrum] | None) -> Spectrum | None:
    """The spectrum of the teacher's train split, not centred; None without one. `done`: what was
    made of the teacher's bank already, perhaps of another split."""
    if done is not None and done[0]["split"] == TRAIN and not done[0]["normalized"]:
        return done[1]
    teacher, records = source.banks["teacher"], source.records or {}
    code = [0 if records[item].split == TRAIN else -1 for item in teacher.item_ids]
    if 0 not in code:
        return None
    with _about(source, "teacher"):
        return spectrum(accumulate(teacher, code, 1)[0], centred=False)


def _bank(
    source: Source, model: str, bank: Embeddings, options: Options
) -> tuple[dict[str, Any], Spectrum]:
    """What is reported of a bank, and its spectrum that is not centred."""
    split, modality = _chosen(source, bank, options.split)
    names = sorted({m for m in modality if m is not None})
    code = {name: number for number, name in enumerate(names)} | {None: -1}
    with _about(source, model):
        of_modality = accumulate(bank, [code[m] for m in modality], len(names), options.normalize)
        whole = together(of_modality, bank.dim)
        spectra = {form: spectrum(whole, centred) for form, centred in FORMS.items()}
    described: dict[str, Any] = {
        "split": split,
        "items": whole.count,
        "dim": bank.dim,
        "normalized": options.normalize,
        "modalities": {n: m.count for n, m in zip(names, of_modality, strict=True) if n},
        "spectra": {form: _described(one) for form, one in spectra.items()},
        "angles": [],
    }
    several = {n: m for n, m in zip(names, of_modality, strict=True) if n and m.count > 1}
    for form, centred in FORMS.items() if len(several) > 1 else ():
        of = {}
        for name, moments in several.items():
            with _about(source, f"{model} {name}".strip()):
                of[name] = spectrum(moments, centred)
        for a, b in combinations(of, 2):
            angles = principal_angles(of[a], of[b], options.subspace)
            described["angles"].append(
                {
                    "form": form,
                    "modalities": [a, b],
                    "k": len(angles),
                    "degrees": angles.tolist(),
                    "overlap": float(np.mean(np.cos(np.radians(angles)) ** 2)),
                }
            )
    return described, spectra["uncentred"]


@contextlib.contextmanager
def _about(source: Source, what: str) -> Iterator[None]:
    """Errors say which embeddings they are about."""
    try:
        yield
    except DataError as error:
        raise DataError(f"{source.name}{f', {what}' if what else ''}: {error}") from None


def _with_split(source: Source, split: str | None, notes: list[str]) -> dict[str, Embeddings]:
    """The banks that have items of a given split."""
    if split is None:
        return dict(source.banks)
    if source.records is None:
        raise ConfigError(f"--split {split}: {source.name} has no manifest; give --manifest")
    found, splits = {}, []
    for model, bank in source.banks.items():
        here = list(dict.fromkeys(source.records[item].split for item in bank.item_ids))
        splits += here
        if split in here:
            found[model] = bank
        else:
            notes.append(f"the {model}'s bank has no items of {split}: left out")
    if not found:
        splits = list(dict.fromkeys(splits))
        raise ConfigError(
            f"--split: {source.name} has no embeddings of the split {split!r}"
            f"{did_you_mean(split, splits)} (splits: {', '.join(splits)})"
        )
    return found


def _chosen(
    source: Source, bank: Embeddings, split: str | None
) -> tuple[str | None, list[str | None]]:
    """The split that is looked at (None: all items), and of each row its modality (empty where that
    is not known), None for a row of another split."""
    if source.records is None:
        return None, [""] * len(bank.item_ids)
    of = [source.records[item] for item in bank.item_ids]
    splits = {r.split for r in of}
    if split is None:
        split = TRAIN if TRAIN in splits else splits.pop() if len(splits) == 1 else None
    return split, [r.modality if split in (None, r.split) else None for r in of]


def _described(one: Spectrum) -> dict[str, Any]:
    return {
        "effective_rank": one.effective_rank,
        "components": {str(fraction): one.needed(fraction) for fraction in FRACTIONS},
        "singular_values": one.values.tolist(),
        "energy": one.energy.tolist(),
    }


def _distillers(
    source: Source, basis: Spectrum, host: PluginHost, notes: list[str]
) -> list[dict[str, Any]]:
    """The student's distillers that keep the leading components of the teacher's features: entries
    with arguments `rank` and `energy` (of which one counts), as PCM has them."""
    found = []
    for cfg in source.distillers:
        plain = {key: value for key, value in cfg.items() if key != WEIGHT}
        try:
            entry = host.find("distiller", plain["type"])
            if not {"rank", "energy"} <= signature(entry).parameters.keys():
                continue
            built = KindRegistry("distiller", host.catalog).create(plain)
        except ReidbenchError as error:  # of a plugin that is not here any more
            notes.append(f"distiller {plain.get('type')}: not marked, {error}")
            continue
        rank, energy = getattr(built, "rank", None), getattr(built, "energy", None)
        if energy is not None:
            label, components = f"{entry.name} energy={energy:g}", basis.needed(energy)
        elif isinstance(rank, int):
            label, components = f"{entry.name} rank={rank}", min(rank, basis.rank)
        else:
            continue
        reached = float(basis.energy[components - 1])
        found.append({"label": label, "components": components, "energy": reached, "config": plain})
    return found
