"""A Qwen2-VL as teacher: the last hidden state of a chat about one item is its embedding."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from reidbench.tools.images import open_image
from reidbench.tools.tensors import load_state, load_tensors, save_tensors
from reidbench.tools.text import clean_caption
from reidbench_registry import MODALITIES, ConfigError, DataError, Record

from .checkpoint import open_checkpoint, quiet
from .lora import Lora
from .positions import rotary_positions
from .prompts import FULL, SHORT, chat, complete, mark
from .vision import VisionInput, shorten

PAPER_SIZE = (336, 196)
EMBEDDED_SIZE = (64, 32)
DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
ADAPTER, WHOLE = "adapter", "model.safetensors"


class Item(NamedTuple):
    """A preprocessed record."""

    ids: list[int]
    pixels: Tensor | None
    """uint8[H, W, 3]; None for a caption"""


class QwenVL(nn.Module):
    """Qwen2-VL with LoRA (arXiv 2602.12936, the cloud model). The embedding is the last hidden
    state at the last token of the prompt, just before the model would answer.

    weights: 'embedded' (1 M parameters, for 64 x 32 images), a local folder, or a hub id.
    lora: None, or dict(scheme, r, alpha, dropout, dora, init); see `lora.SCHEMES`.
    train_base: train the model's own weights too; otherwise only the adapter's are.
    image_size: [H, W]; None: 336 x 196 as in the paper, 64 x 32 for 'embedded'.
    max_text_tokens: longer captions are cut so that the prompt as a whole fits; see `truncated`.
    prompts: parts of the wording that differ from `prompts.FULL`.
    dtype: of the weights. attn_implementation: as transformers names it.
    padding_side: either gives the same embeddings; right is faster.

    Raises ConfigError for a wrong argument, DataError for weights that are missing or do not fit.
    """

    def __init__(
        self,
        weights: str = "embedded",
        lora: dict[str, Any] | None = None,
        train_base: bool = False,
        image_size: list[int] | None = None,
        max_text_tokens: int = 165,
        prompts: dict[str, str] | None = None,
        dtype: str = "float32",
        attn_implementation: str = "sdpa",
        gradient_checkpointing: bool = False,
        padding_side: str = "right",
    ) -> None:
        super().__init__()
        if dtype not in DTYPES:
            raise ConfigError(f"QwenVL: dtype={dtype!r} is none of {', '.join(DTYPES)}")
        if padding_side not in ("left", "right"):
            raise ConfigError(f"QwenVL: padding_side={padding_side!r} is none of 'left', 'right'")
        adapter = Lora.parse(lora) if lora is not None else None
        embedded = weights == "embedded"
        wording = complete(prompts, SHORT if embedded else FULL)
        model, processor = open_checkpoint(
            weights, dtype=DTYPES[dtype], attn_implementation=attn_implementation
        )
        # Embeddings need no vocabulary: this spares a matrix product and a copy of its weights.
        model.lm_head = nn.Identity()
        config = model.config
        size = _size(image_size, EMBEDDED_SIZE if embedded else PAPER_SIZE, config.vision_config)
        settings = processor.image_processor
        self._vision = VisionInput(
            size, config.vision_config, settings.image_mean, settings.image_std
        )
        if attn_implementation == "sdpa":
            shorten(model.model.visual)
        if gradient_checkpointing:
            model.gradient_checkpointing_enable()
            model.enable_input_require_grads()
        for parameter in model.parameters():
            parameter.requires_grad_(False)
        with quiet():
            self.model = adapter.attach(model) if adapter else model
        self._adapted, self._train_base = adapter is not None, train_base
        if train_base:
            for parameter in self.model.parameters():
                parameter.requires_grad_(True)

        self.embed_dim: int = config.get_text_config().hidden_size
        self.modalities = frozenset(MODALITIES)
        self.truncated = 0
        """captions that were cut so far, in this process"""
        self._size, self._padding_side = size, padding_side
        self._image_token: int = config.image_token_id
        self._tokenizer = processor.tokenizer
        self._chats = {m: chat(processor, wording, m) for m in MODALITIES}
        self._image_ids = {m: self._with_image(m) for m in MODALITIES if m != "text"}
        self._room = self._room_for_caption(max_text_tokens)

    def preprocess(self, record: Record, transform: Callable[[Any], Any] | None = None) -> Item:
        """One record -> the token ids of its prompt, and its pixels. Raises DataError naming the
        item or the file."""
        if record.modality == "text":
            caption = record.text or ""
            caption = clean_caption(transform(caption) if transform else caption)
            if not caption:
                raise DataError(f"{record.item_id}: the caption is empty")
            return Item(self._with_caption(caption), None)
        if record.path is None:
            raise DataError(f"{record.item_id}: the record has no image file")
        image = open_image(record.path)
        image = transform(image) if transform else image
        height, width = self._size
        if image.size != (width, height):
            image = image.resize((width, height), Image.Resampling.BICUBIC)
        pixels = torch.from_numpy(np.array(image, dtype=np.uint8))
        return Item(self._image_ids[record.modality], pixels)

    def collate(self, items: Sequence[Item]) -> Mapping[str, Any]:
        """Items of mixed modality -> `image` and `text`, each with `ids`[N, L] and `mask`[N, L]
        padded to its own longest prompt, `image` with `pixels`[N, H, W, 3]; and `place`[B], the
        row of each item when images stand before captions.

        Apart, because a caption's prompt is about twice as long as an image's."""
        is_text = torch.tensor([item.pixels is None for item in items])
        place = torch.empty(len(items), dtype=torch.long)
        place[torch.argsort(is_text, stable=True)] = torch.arange(len(items))
        batch: dict[str, Any] = {"place": place}
        images = [item for item in items if item.pixels is not None]
        captions = [item for item in items if item.pixels is None]
        if images:
            pixels = torch.stack([item.pixels for item in images if item.pixels is not None])
            batch["image"] = {**self._pad(images), "pixels": pixels}
        if captions:
            batch["text"] = self._pad(captions)
        return batch

    def encode(self, batch: Mapping[str, Any]) -> Tensor:
        """batch of B items -> embeddings[B, embed_dim] in the items' order, not normalised."""
        found = [self._encode(batch[kind]) for kind in ("image", "text") if kind in batch]
        return torch.cat(found)[batch["place"]]

    def _encode(self, prompts: Mapping[str, Tensor]) -> Tensor:
        ids, mask = prompts["ids"], prompts["mask"]
        base = self._base.model
        embeddings = base.language_model.embed_tokens(ids)
        if "pixels" in prompts:
            visual = self._vision(base.visual, prompts["pixels"]).to(embeddings.dtype)
            # Images stand in the batch's order, and so do their placeholders.
            here = (ids == self._image_token)[..., None].expand_as(embeddings)
            embeddings = embeddings.masked_scatter(here, visual)
        right = self._padding_side == "right"
        states = base.language_model(
            inputs_embeds=embeddings,
            # No token looks ahead, so padding on the right is seen by none that counts.
            attention_mask=None if right else mask,
            position_ids=rotary_positions(ids, mask, self._image_token, self._vision.token_grid),
            use_cache=False,
        ).last_hidden_state
        last = mask.sum(1) - 1 if right else torch.full_like(mask[:, 0], ids.shape[1] - 1)
        return states[torch.arange(len(ids), device=ids.device), last]

    def _pad(self, items: Sequence[Item]) -> dict[str, Tensor]:
        """ids[N, L] and mask[N, L] (1 at real tokens)"""
        longest = max(len(item.ids) for item in items)
        ids = torch.full((len(items), longest), self._tokenizer.pad_token_id)
        mask = torch.zeros_like(ids)
        for row, item in enumerate(items):
            n = len(item.ids)
            place = slice(0, n) if self._padding_side == "right" else slice(longest - n, longest)
            ids[row, place] = torch.tensor(item.ids)
            mask[row, place] = 1
        return {"ids": ids, "mask": mask}

    def save(self, folder: Path) -> None:
        """Write the adapter as a PEFT folder `adapter/`, and the whole model beside it when its
        base was trained."""
        if self._adapted:
            with quiet():
                self.model.save_pretrained(folder / ADAPTER, save_embedding_layers=False)
        if self._train_base:
            save_tensors(folder / WHOLE, self.model.state_dict())

    def load(self, folder: Path) -> None:
        """Take what `save` wrote. Raises DataError when it is missing or of another model."""
        if self._train_base:
            load_state(self.model, folder / WHOLE)
        elif self._adapted:
            from peft import set_peft_model_state_dict

            path = folder / ADAPTER / "adapter_model.safetensors"
            found = set_peft_model_state_dict(self.model, load_tensors(path))
            missing = [n for n in found.missing_keys if "lora_" in n]
            if missing or found.unexpected_keys:
                first = [*missing, *found.unexpected_keys][0]
                raise DataError(f"{path} does not fit the model: {first}")

    def parameter_report(self) -> dict[str, Any]:
        """The adapted modules, and how many parameters are trained of how many."""
        names = sorted(
            name.removesuffix(".lora_A").removeprefix("base_model.model.")
            for name, _ in self.model.named_modules()
            if name.endswith(".lora_A")
        )
        counts = [(p.numel(), p.requires_grad) for p in self.model.parameters()]
        return {
            "adapted": names,
            "trainable": sum(n for n, trained in counts if trained),
            "total": sum(n for n, _ in counts),
        }

    @property
    def _base(self) -> Any:
        """The Qwen2VLForConditionalGeneration itself, inside the adapter where there is one."""
        return self.model.get_base_model() if self._adapted else self.model

    def _tokens(self, text: str) -> list[int]:
        return self._tokenizer(text, add_special_tokens=False)["input_ids"]

    def _with_image(self, modality: str) -> list[int]:
        """The prompt of an image, its placeholder as often as there are visual tokens."""
        ids = self._tokens(self._chats[modality])
        at = ids.index(self._image_token)
        return [*ids[:at], *[self._image_token] * self._vision.tokens, *ids[at + 1 :]]

    def _with_caption(self, caption: str) -> list[int]:
        before, _, after = self._chats["text"].partition(mark("text"))
        words = self._tokens(caption)
        if len(words) > self._room:
            self.truncated += 1
            return [*self._tokens(before), *words[: self._room], *self._tokens(after)]
        return self._tokens(before + caption + after)

    def _room_for_caption(self, most: int) -> int:
        before, _, after = self._chats["text"].partition(mark("text"))
        used = len(self._tokens(before)) + len(self._tokens(after))
        if type(most) is not int or most <= used:
            raise ConfigError(
                f"QwenVL: max_text_tokens={most!r} leaves no room for a caption: the prompt "
                f"alone takes {used}"
            )
        return most - used


def _size(given: list[int] | None, default: tuple[int, int], vision: Any) -> tuple[int, int]:
    if given is None:
        return default
    cell = vision.patch_size * vision.spatial_merge_size
    whole = isinstance(given, list | tuple) and len(given) == 2
    if not whole or any(type(e) is not int or e < cell or e % cell for e in given):
        raise ConfigError(
            f"QwenVL: image_size={given!r} is not [H, W] in multiples of {cell} pixels (a patch of "
            f"{vision.patch_size}, merged {vision.spatial_merge_size} x "
            f"{vision.spatial_merge_size})"
        )
    return given[0], given[1]
