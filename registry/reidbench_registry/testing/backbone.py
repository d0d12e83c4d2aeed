"""Models, teacher or student."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import DataError
from ..kinds import MODALITIES
from ..types import Record
from .pictures import draw
from .subject import Subject, refused, require, seeded, skip

if TYPE_CHECKING:
    from torch import Tensor

CAPTIONS = ("A man in a red coat.", "A woman with a very long green scarf, walking to the left.")
WEIGHTS = (".safetensors", ".json", ".txt", ".md", ".model", ".jinja")
CLOSE = 1e-4


def _records(folder: Path, modalities: frozenset[str]) -> list[Record]:
    """Two items of each modality, modalities mixed."""

    def record(index: int, modality: str) -> Record:
        name = f"{modality}{index}"
        text = CAPTIONS[index] if modality == "text" else None
        path = None if text else draw(folder / f"{name}.png", seed=len(name) + index)
        return Record(name, "kit", "test", modality, str(index), path=path, text=text)

    return [record(i, m) for i in range(2) for m in MODALITIES if m in modalities]


def _embed(model: Any, records: list[Record]) -> Tensor:
    import torch

    model.eval()
    with torch.no_grad():
        return model.encode(model.collate([model.preprocess(r) for r in records]))


def _near(a: Tensor, b: Tensor, what: str) -> None:
    worst = (a.float() - b.float()).abs().max().item()
    require(worst <= CLOSE * max(1.0, b.abs().max().item()), f"{what}: they differ by {worst:.3g}")


def says_what_it_embeds(subject: Subject) -> None:
    """`embed_dim` is an integer from 1, `modalities` a set of known ones; it is a torch module
    with parameters."""
    import torch

    model = subject.build()
    require(isinstance(model, torch.nn.Module), "it is no torch.nn.Module")
    require(type(model.embed_dim) is int and model.embed_dim > 0, f"embed_dim={model.embed_dim!r}")
    require(isinstance(model.modalities, frozenset), "modalities is no frozenset")
    require(model.modalities, "it embeds no modality")
    strange = model.modalities - set(MODALITIES)
    require(not strange, f"unknown modalities: {', '.join(sorted(map(str, strange)))}")
    require(any(p.requires_grad for p in model.parameters()), "it has nothing to train")


def embeds_mixed_batches(subject: Subject) -> None:
    """All its modalities in one batch give finite floating point embeddings[B, embed_dim]."""
    import torch

    model = subject.build()
    records = _records(subject.folder, model.modalities)
    embeddings = _embed(model, records)
    expected = [len(records), model.embed_dim]
    require(
        list(embeddings.shape) == expected, f"shape {list(embeddings.shape)}, expected {expected}"
    )
    require(embeddings.is_floating_point(), f"the embeddings are {embeddings.dtype}")
    require(torch.isfinite(embeddings).all(), "the embeddings are not finite")


def keeps_the_order(subject: Subject) -> None:
    """Row i belongs to item i, and does not depend on what else is in the batch."""
    import torch

    model = subject.build()
    records = _records(subject.folder, model.modalities)
    together = _embed(model, records)
    alone = torch.cat([_embed(model, [r]) for r in records])
    _near(together, alone, "a batch and its items one by one")


def tells_items_apart(subject: Subject) -> None:
    """Two pictures, or two captions, get two embeddings."""
    model = subject.build()
    for modality in sorted(model.modalities):
        first, second = _embed(model, _records(subject.folder, frozenset([modality])))
        require(not first.equal(second), f"two different items of {modality} embed as one")


def gradient_reaches_every_parameter(subject: Subject) -> None:
    """In training, with all modalities in the batch, every parameter that wants a gradient gets a
    finite one."""
    import torch

    model = subject.build()
    model.train()
    records = _records(subject.folder, model.modalities)
    batch = model.collate([model.preprocess(r) for r in records])
    with seeded(0):
        (model.encode(batch).float() ** 2).mean().backward()
    wanting = {n: p for n, p in model.named_parameters() if p.requires_grad}
    without = [n for n, p in wanting.items() if p.grad is None]
    more = f" and {len(without) - 1} more" if len(without) > 1 else ""
    require(not without, f"no gradient reaches {without[0] if without else ''}{more}")
    for name, parameter in wanting.items():
        require(torch.isfinite(parameter.grad).all(), f"the gradient of {name} is not finite")


def is_deterministic(subject: Subject) -> None:
    """Two objects built under one seed of torch's embed alike, and each twice alike."""
    first, second = subject.build(seed=3), subject.build(seed=3)
    records = _records(subject.folder, first.modalities)
    one = _embed(first, records)
    require(one.equal(_embed(first, records)), "it embeds the same batch in two ways")
    require(one.equal(_embed(second, records)), "two objects of one seed embed in two ways")


def saves_and_loads(subject: Subject) -> None:
    """What `save` writes makes another object embed exactly alike; nothing of it is a pickle."""
    saved, other = subject.build(seed=3), subject.build(seed=4)
    _nudge(saved)
    records = _records(subject.folder, saved.modalities)
    folder = subject.folder / "saved"
    folder.mkdir()
    saved.save(folder)
    files = [f for f in folder.rglob("*") if f.is_file()]
    require(any(f.suffix == ".safetensors" for f in files), "save writes no safetensors file")
    strange = [f.name for f in files if f.suffix not in WEIGHTS]
    require(not strange, f"save writes {', '.join(strange)}: use safetensors and JSON")
    other.load(folder)
    require(
        _embed(saved, records).equal(_embed(other, records)),
        "after load it embeds unlike what was saved",
    )


def _nudge(model: Any) -> None:
    """Change the weights, as training does: unchanged weights would pass without being saved."""
    import torch

    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.add_(0.01)


def refuses_what_it_cannot_use(subject: Subject) -> None:
    """DataError for a missing or damaged file (named), an empty caption, a modality that it does
    not embed, and weights that are not there."""
    model = subject.build()
    folder = subject.folder
    absent, damaged = folder / "absent.png", folder / "damaged.png"
    damaged.write_bytes(draw(folder / "whole.png").read_bytes()[:60])
    for modality in sorted(model.modalities - {"text"})[:1]:
        for path in (absent, damaged):
            with refused(DataError, f"a picture that is {path.stem}", naming=path.name):
                model.preprocess(Record("a", "kit", "test", modality, "1", path=path))
    if "text" in model.modalities:
        with refused(DataError, "an empty caption"):
            model.preprocess(Record("a", "kit", "test", "text", "1", text="  "))
    for modality in sorted(set(MODALITIES) - model.modalities)[:1]:
        text = "a man" if modality == "text" else None
        place = None if text else draw(folder / "other.png")
        with refused(DataError, f"a record of {modality}"):
            model.preprocess(Record("a", "kit", "test", modality, "1", path=place, text=text))
    nothing = folder / "nothing"
    nothing.mkdir()
    with refused(DataError, "weights that are not there"):
        model.load(nothing)


def applies_transforms(subject: Subject) -> None:
    """`preprocess` hands the decoded picture or the raw caption to the transform, and goes on with
    what that returns."""
    from PIL import Image

    model = subject.build()
    for record in _records(subject.folder, model.modalities):
        seen: list[Any] = []

        def transform(item: Any, seen: list[Any] = seen) -> Any:
            seen.append(item)
            return "something else" if isinstance(item, str) else Image.new("RGB", item.size)

        item = model.preprocess(record, transform)
        kind = str if record.modality == "text" else Image.Image
        require(
            len(seen) == 1 and isinstance(seen[0], kind),
            f"{record.modality}: the transform got {[type(s).__name__ for s in seen]}",
        )
        plain = model.preprocess(record)
        import torch

        model.eval()
        with torch.no_grad():
            a, b = (model.encode(model.collate([x])) for x in (item, plain))
        require(not a.equal(b), f"{record.modality}: what the transform returns is not used")


def works_in_bfloat16(subject: Subject) -> None:
    """Where claimed: under bfloat16 autocast the embeddings point where they do in float32
    (cosine at least 0.99)."""
    import torch

    if "bfloat16" not in subject.claims:
        skip("not claimed")
    model = subject.build()
    records = _records(subject.folder, model.modalities)
    full = _embed(model, records).float()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        half = _embed(model, records).float()
    worst = torch.cosine_similarity(full, half).min().item()
    require(worst >= 0.99, f"the least cosine is {worst:.4f}")
