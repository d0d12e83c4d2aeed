"""A CLIP of any size as student."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from reidbench.tools import arguments
from reidbench.tools.images import to_tensor
from reidbench.tools.inputs import read_caption, read_image
from reidbench.tools.tensors import load_state, save_tensors
from reidbench_registry import (
    MODALITIES,
    ConfigError,
    ImageInput,
    Record,
    TextInput,
)

from .architecture import build, find, fit_weights, read_weights
from .portable import write_tokenizer
from .tokens import make_tokens
from .towers import ImageTower, TextTower, encode_text

PAPER_MODALITIES = ("rgb", "ir", "sketch", "text")
WEIGHTS = "model.safetensors"
MOST_DIMS = 65_536
"""A larger `embed_dim` is taken for a mistake: it would take gigabytes."""


class Item(NamedTuple):
    """A preprocessed record."""

    modality: str
    data: Tensor
    """float32[3, H, W], or int64[L] token ids"""


class OpenCLIP(nn.Module):
    """CLIP with linear projections into the teacher's space (arXiv 2602.12936, the edge model).

    All image modalities share the visual tower.

    model: 'embedded' (0.4 M parameters, 64 x 32 images); a dual encoder of open_clip by name; or a
        folder with an `open_clip_config.json`. The visual tower is a ViT or a model of timm, the
        text tower open_clip's own or one of Hugging Face (`hf_model_name`: a folder inside that
        folder, or a name of the hub, taken from its cache or downloaded).
    pretrained: 'embedded', the foundation that the embedded model is shipped with; a tag of
        open_clip (downloads); a local state dict for that architecture (.safetensors, or .pt
        without pickled code); or a run's student: the `distill` folder of the run, or the file that
        `save` wrote. None: random weights, by torch's seed; a text tower of Hugging Face starts
        from its own weights, unless the config says `"hf_model_pretrained": false`.
    image_tower: a model of timm by name, in the place of the visual tower: a student of any image
        model and CLIP's text tower. It starts from random weights; of `pretrained` the text tower
        is taken.
    image_size: [H, W]; position embeddings of pretrained weights are resized.
    projection: 'per_modality' or 'shared'.
    embed_dim: dimension of the embedding; None: CLIP's own.
    max_text_tokens: longer captions are cut; at most the model's context length.
    modalities: those that the model embeds; None: rgb, ir, sketch and text.

    Raises ConfigError for a wrong argument, DataError for weights that are missing or do not fit.
    """

    claims = ("bfloat16",)

    def __init__(
        self,
        model: str | Path = "embedded",
        pretrained: str | Path | None = None,
        image_size: list[int] | None = None,
        projection: str = "per_modality",
        embed_dim: int | None = None,
        max_text_tokens: int = 77,
        modalities: list[str] | None = None,
        image_tower: str | None = None,
    ) -> None:
        super().__init__()
        names = PAPER_MODALITIES
        if modalities is not None:
            names = arguments.modalities("OpenCLIP", "modalities", modalities)
        arguments.one_of("OpenCLIP", "projection", projection, ("per_modality", "shared"))
        source = find(model, pretrained, image_size, image_tower)
        own_dim = source.config["embed_dim"]
        context = source.config["text_cfg"].get("context_length", 77)
        arguments.integer("OpenCLIP", "max_text_tokens", max_text_tokens, 3, context)
        self.embed_dim: int = own_dim
        if embed_dim is not None:
            self.embed_dim = arguments.integer("OpenCLIP", "embed_dim", embed_dim, 1, MOST_DIMS)
        self.modalities = frozenset(names)
        self.clip = build(source.config)
        heads = names if projection == "per_modality" else ("shared",)
        self.projections = nn.ModuleDict(
            {name: nn.Linear(own_dim, self.embed_dim) for name in heads}
        )
        # Part of CLIP's state, but no embedding uses it: it would never get a gradient.
        self.clip.logit_scale.requires_grad_(False)
        if getattr(self.clip, "logit_bias", None) is not None:
            self.clip.logit_bias.requires_grad_(False)
        if source.weights is not None:
            state = read_weights(source.weights)
            whole = any(name.startswith("clip.") for name in state)
            keep = image_tower is not None and not whole
            fit_weights(self if whole else self.clip, state, source.weights, keep_visual=keep)
            if not whole:
                self._start_alike()
        self._size: tuple[int, int] = tuple(self.clip.visual.image_size)
        self._mean, self._std = source.mean, source.std
        self._tokens = make_tokens(source.tokenizer, max_text_tokens)

    def preprocess(self, record: Record, transform: Callable[[Any], Any] | None = None) -> Item:
        """One record -> image[3, H, W] or token ids[L]. Raises DataError naming the item."""
        if record.modality == "text":
            return Item("text", self._tokens(read_caption(record, self.modalities, transform)))
        image = read_image(record, self.modalities, self._size, transform)
        return Item(record.modality, to_tensor(image, self._size, self._mean, self._std))

    def collate(self, items: Sequence[Item]) -> Mapping[str, Any]:
        """Items of mixed modality -> a batch, grouped by modality:

        `images`[Ni, 3, H, W] and `tokens`[Nt, L] where there are any, `counts` (modality -> number
        of items, in the order of MODALITIES, text last) and `place`[B], the row of each item in
        that order.
        """
        order = sorted(range(len(items)), key=lambda i: MODALITIES.index(items[i].modality))
        place = torch.empty(len(items), dtype=torch.long)
        place[order] = torch.arange(len(items))
        grouped = [items[i] for i in order]
        batch: dict[str, Any] = {
            "counts": dict(Counter(item.modality for item in grouped)),
            "place": place,
        }
        images = [item.data for item in grouped if item.modality != "text"]
        captions = [item.data for item in grouped if item.modality == "text"]
        if images:
            batch["images"] = torch.stack(images)
        if captions:
            batch["tokens"] = self._tokens.pad(captions)
        return batch

    def encode(self, batch: Mapping[str, Any]) -> Tensor:
        """batch of B items -> embeddings[B, embed_dim] in the items' order, not normalised."""
        counts: dict[str, int] = batch["counts"]
        towers = []
        if "images" in batch:
            towers.append(self.clip.encode_image(batch["images"]))
        if "tokens" in batch:
            towers.append(encode_text(self.clip, batch["tokens"]))
        parts = torch.cat(towers).split(list(counts.values()))
        projected = [self._projection(name)(x) for name, x in zip(counts, parts, strict=True)]
        return torch.cat(projected)[batch["place"]]

    def save(self, folder: Path) -> None:
        """Write `model.safetensors`: CLIP and the projections."""
        save_tensors(folder / WEIGHTS, self.state_dict())

    def load(self, folder: Path) -> None:
        """Take what `save` wrote. Raises DataError when it is missing or of another model."""
        load_state(self, folder / WEIGHTS)

    def image_input(self) -> ImageInput | None:
        """Size and normalisation of its images; None when it embeds text alone."""
        images = self.modalities - {"text"}
        return ImageInput(self._size, self._mean, self._std) if images else None

    def text_input(self) -> TextInput | None:
        """Length and padding of its captions; None when it embeds no text."""
        return (
            TextInput(self._tokens.limit, self._tokens.pad_id)
            if "text" in self.modalities
            else None
        )

    def tower(self, modality: str) -> nn.Module:
        """images[B, 3, H, W] or token ids[B, L] -> embeddings[B, embed_dim] of one modality. Raises
        ConfigError for one that the model does not embed."""
        if modality not in self.modalities:
            raise ConfigError(f"OpenCLIP: there is no tower for {modality!r}")
        kind = TextTower if modality == "text" else ImageTower
        return kind(self.clip, self._projection(modality))

    def save_tokenizer(self, folder: Path) -> None:
        """Write `tokenizer.json`; see `portable.write_tokenizer` for what it leaves out. Raises
        ConfigError when the model embeds no text."""
        if "text" not in self.modalities:
            raise ConfigError("OpenCLIP: a model without text has no tokenizer")
        write_tokenizer(self._tokens.tokenizer, self._tokens.limit, folder)

    @torch.no_grad()
    def _start_alike(self) -> None:
        """Start every projection as one and the same isometry. Pretrained towers share a space:
        random projections, another for each modality, would take it apart."""
        first, *others = self.projections.values()
        nn.init.orthogonal_(first.weight)
        for projection in (first, *others):
            projection.weight.copy_(first.weight)
            projection.bias.zero_()

    def _projection(self, modality: str) -> nn.Module:
        return self.projections[modality if modality in self.projections else "shared"]
