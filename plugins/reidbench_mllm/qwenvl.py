"""Qwen2-VL as teacher."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from transformers.models.qwen2_vl.modeling_qwen2_vl import PatchEmbed

from reidbench.tools import arguments
from reidbench.tools.images import to_pixels
from reidbench.tools.inputs import read_caption, read_image
from reidbench.tools.tensors import load_tensors, save_tensors
from reidbench_registry import MODALITIES, ConfigError, DataError, Record

from .checkpoint import defaults, open_checkpoint, quiet
from .lora import Lora, attach_adapter, load_adapter, save_adapter
from .positions import rotary_positions
from .prefix import CACHE, Prefix
from .prompts import complete
from .tokens import Tokens
from .vision import VisionInput, add_shortcuts

BASE = "base.safetensors"
_DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
_ATTENTIONS = ("sdpa", "eager", "flash_attention_2")


class Item(NamedTuple):
    """A preprocessed record."""

    tokens: Tensor
    """int64[L]: the whole prompt, the caption or the image's placeholders in it"""
    pixels: Tensor | None
    """uint8[H, W, 3]; None for text"""
    truncated: bool
    """True when the caption was too long and its end was cut off"""


class QwenVL(nn.Module):
    """A Qwen2-VL as embedding model: the embedding of an image or a caption is the last hidden
    state at the last token of a prompt that contains it (arXiv 2602.12936, the cloud model).

    weights: 'embedded' (1.2 M parameters, 64 x 32 images), a local folder, or a name on the
        Hugging Face hub (downloads).
    lora: None, or dict(scheme, r, alpha, dropout, dora, init); schemes: see `lora.target_modules`.
    adapter: folder of a trained PEFT adapter, such as the authors', instead of `lora`; its settings
        come from the folder.
    train_base: True: the weights of the base model are trained, too.
    image_size: [H, W]; None: the checkpoint's default, [336, 196] for released ones.
    max_text_tokens: of prompt and caption together; longer captions are cut, the prompt is not.
    prompts: dict of `system` and templates by modality (see `prompts`); what it leaves out keeps
        its default.
    dtype: 'float32', 'bfloat16' or 'float16', of the base weights.
    attn_implementation: 'sdpa', 'eager' or 'flash_attention_2'.
    gradient_checkpointing: less memory, more time in training.
    seed: of the initial weights of the adapter, and of the embedded model where it has no weights;
        None: torch's global generator, which the harness seeds.
    modalities: those that it embeds; None: all.

    `truncated_captions` counts the captions that were cut, over all encoded batches.

    Raises ConfigError for a wrong argument, DataError for a checkpoint that cannot be reached, is
    incomplete or of another architecture.
    """

    claims = ("bfloat16",)

    @classmethod
    def conformance(cls, folder: Path) -> dict[str, Any]:
        """Arguments for the conformance kit: without an adapter there is nothing to train."""
        return {"lora": {"scheme": "attention", "r": 4}}

    def __init__(
        self,
        weights: str | Path = "embedded",
        lora: dict[str, Any] | None = None,
        adapter: str | Path | None = None,
        train_base: bool = False,
        image_size: list[int] | None = None,
        max_text_tokens: int = 165,
        prompts: dict[str, str] | None = None,
        dtype: str = "float32",
        attn_implementation: str = "sdpa",
        gradient_checkpointing: bool = False,
        seed: int | None = None,
        modalities: list[str] | None = None,
    ) -> None:
        super().__init__()
        embedded = MODALITIES
        if modalities is not None:
            embedded = arguments.modalities("QwenVL", "modalities", modalities)
        arguments.boolean("QwenVL", "train_base", train_base)
        arguments.boolean("QwenVL", "gradient_checkpointing", gradient_checkpointing)
        arguments.path("QwenVL", "weights", weights)
        weights = str(weights)
        if seed is not None:
            arguments.integer("QwenVL", "seed", seed)
        arguments.one_of("QwenVL", "dtype", dtype, _DTYPES)
        arguments.one_of("QwenVL", "attn_implementation", attn_implementation, _ATTENTIONS)
        if adapter is not None and lora is not None:
            raise ConfigError("QwenVL: adapter and lora exclude each other: give one of them")
        adapter = None if adapter is None else arguments.path("QwenVL", "adapter", adapter)
        self._lora = Lora.parse(lora) if lora is not None else None
        default = defaults(weights)
        wording = complete(prompts, default["prompts"])
        model, processor = open_checkpoint(
            weights, dtype=_DTYPES[dtype], attn_implementation=attn_implementation, seed=seed
        )
        vision = model.config.vision_config
        step = vision.patch_size * vision.spatial_merge_size
        given = default["image_size"] if image_size is None else image_size
        size = arguments.image_size("QwenVL", "image_size", given, step)
        image = processor.image_processor
        self._vision = VisionInput(size, vision, image.image_mean, image.image_std)
        self._tokens = Tokens(processor, wording, self._vision.tokens, max_text_tokens)
        self._image_token = model.config.image_token_id
        self._prefixes = {
            kind: Prefix(tokens)
            for kind, tokens in self._tokens.beginnings(self._image_token).items()
        }
        # The language model head is not used for embeddings, so it would get no gradient.
        model.lm_head = nn.Identity()
        self._weights, self._size, self._train_base = weights, size, train_base
        self.embed_dim: int = model.config.text_config.hidden_size
        self.modalities = frozenset(embedded)
        self.truncated_captions = 0

        model.requires_grad_(False)
        if attn_implementation == "sdpa":
            add_shortcuts(model.model.visual)
        if gradient_checkpointing:
            with quiet():  # transformers warns that it will be renamed
                model.gradient_checkpointing_enable({"use_reentrant": False})
        base = dict(model.named_parameters())  # without the adapter's
        self.model: nn.Module = model
        if adapter is not None:
            self.model, self._lora = attach_adapter(model, adapter)
        elif self._lora:
            self.model = self._lora.attach(model, seed)
        if hasattr(model.model.visual.patch_embed.proj, "lora_A"):
            # The shortcut would ignore the adapter.
            model.model.visual.patch_embed.__class__ = PatchEmbed
        if train_base:
            for parameter in base.values():
                parameter.requires_grad_(True)

    def preprocess(self, record: Record, transform: Callable[[Any], Any] | None = None) -> Item:
        """One record -> its prompt's tokens[L] and pixels[H, W, 3]. Raises DataError naming the
        item or the file."""
        if record.modality == "text":
            caption = read_caption(record, self.modalities, transform)
            tokens, truncated = self._tokens.text(caption)
            return Item(tokens, None, truncated)
        patch = self._vision.patch
        image = read_image(record, self.modalities, self._size, transform, least=patch)
        pixels = to_pixels(image, self._size).permute(1, 2, 0)
        return Item(self._tokens.image(record.modality), pixels, False)

    def collate(self, items: Sequence[Item]) -> Mapping[str, Any]:
        """Items of mixed modality -> `image` and `text`, where there are any, each with `tokens`
        and `mask`[N, L], padded on the right to its own longest, the first with
        `pixels`[N, H, W, 3] uint8; `place`[B], the row of each item when images come before
        captions; and `truncated`, the number of captions that were cut.

        Images and captions are separate, as their prompts differ in length by a factor of two."""
        images = [item for item in items if item.pixels is not None]
        captions = [item for item in items if item.pixels is None]
        is_text = torch.tensor([item.pixels is None for item in items])
        place = torch.empty(len(items), dtype=torch.long)
        place[torch.argsort(is_text, stable=True)] = torch.arange(len(items))
        batch: dict[str, Any] = {
            "place": place,
            "truncated": sum(item.truncated for item in items),
        }
        if images:
            pixels = torch.stack([item.pixels for item in images if item.pixels is not None])
            batch["image"] = self._tokens.pad([item.tokens for item in images])
            batch["image"]["pixels"] = pixels
        if captions:
            batch["text"] = self._tokens.pad([item.tokens for item in captions])
        return batch

    def encode(self, batch: Mapping[str, Any]) -> Tensor:
        """batch of B items -> embeddings[B, embed_dim] in the items' order, not normalised.

        Padding may be on either side. Without gradients, the common beginning of all prompts of a
        kind is computed once, and its keys and values are reused."""
        self.truncated_captions += batch["truncated"]
        parts = [self._encode(kind, **batch[kind]) for kind in ("image", "text") if kind in batch]
        return torch.cat(parts)[batch["place"]]

    def _encode(
        self, kind: str, tokens: Tensor, mask: Tensor, pixels: Tensor | None = None
    ) -> Tensor:
        """tokens[N, L], mask[N, L], pixels[N, H, W, 3] -> [N, embed_dim]"""
        model = self._base().model
        embedding = model.get_input_embeddings()
        # Always given, as the model would otherwise reuse the positions of an earlier batch.
        positions = rotary_positions(tokens, mask, self._image_token, self._vision.token_grid)
        order = torch.arange(mask.shape[1], device=mask.device)
        last = (mask * order).argmax(1)
        past = None
        prefix = self._prefixes[kind]
        if not (self.training or torch.is_grad_enabled()) and prefix.begins(tokens, mask):
            past = prefix.cache(model.language_model, embedding, len(tokens))
            run = len(prefix.tokens)
            tokens, positions, last = tokens[:, run:], positions[:, :, run:], last - run
        inputs = embedding(tokens)
        if pixels is not None:
            # Images and their placeholders have the same order.
            places = (tokens == self._image_token).unsqueeze(-1)
            visual = self._vision(model.visual, pixels).to(inputs.dtype)
            inputs = inputs.masked_scatter(places, visual)
        states = model.language_model(
            inputs_embeds=inputs,
            attention_mask=mask,
            position_ids=positions,
            use_cache=False,
            **{CACHE: past},
        ).last_hidden_state
        return states[torch.arange(len(mask), device=mask.device), last]

    def save(self, folder: Path) -> None:
        """Write the adapter as a PEFT folder, and `base.safetensors` where the base is trained."""
        if self._lora:
            save_adapter(self.model, self._weights, folder)
        if self._train_base:
            save_tensors(folder / BASE, self._base_state())

    def load(self, folder: Path) -> None:
        """Take what `save` wrote, or a released adapter. Raises DataError when it is missing or
        does not fit."""
        if self._lora:
            load_adapter(self.model, self._lora, folder)
        if self._train_base:
            state, loaded = self._base_state(), load_tensors(folder / BASE)
            for name in sorted(state.keys() ^ loaded.keys()):
                what = "lacks" if name in state else "has more than the model:"
                raise DataError(f"{folder / BASE} does not fit the model: it {what} {name}")
            for name, value in state.items():
                if value.shape != loaded[name].shape:
                    raise DataError(f"{folder / BASE} does not fit the model: shape of {name}")
                value.copy_(loaded[name])

    def describe(self) -> dict[str, Any]:
        """`weights`, `images` and, with an adapter, its settings and the names of `adapted
        modules`."""
        vision, size = self._vision, self._size
        facts: dict[str, Any] = {
            "weights": f"{self._weights}, {str(self._base().dtype).removeprefix('torch.')}",
            "images": f"{size[0]} x {size[1]} pixels, {vision.tokens} visual tokens",
        }
        if self._lora:
            facts["adapter"] = self._lora.describe()
            facts["adapted modules"] = [
                name for name, module in self._base().named_modules() if hasattr(module, "lora_A")
            ]
        return facts

    def _base(self) -> Any:
        """The Qwen2VLForConditionalGeneration, with or without an adapter in it."""
        return self.model.get_base_model() if self._lora else self.model

    def _base_state(self) -> dict[str, Tensor]:
        """The weights of the base model, with the names that they have without an adapter."""
        return {
            name.replace(".base_layer.", "."): parameter.detach()
            for name, parameter in self._base().named_parameters()
            if ".lora_" not in name
        }
