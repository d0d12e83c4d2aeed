"""Text towers of Hugging Face beside a visual tower, as open_clip builds them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import torch
import transformers
from open_clip.hf_configs import arch_dict
from open_clip.hf_model import ClsPooler, HFTextEncoder
from open_clip.tokenizer import HFTokenizer

from reidbench.tools.guarded import first_line
from reidbench_registry import ConfigError, DataError

NAME, TOKENIZER = "hf_model_name", "hf_tokenizer_name"
OWN_WEIGHTS = "hf_model_pretrained"
POOLERS = ("mean_pooler", "cls_pooler", "cls_last_hidden_state_pooler")
"""Not open_clip's max_pooler, which fails: its mask is none of booleans."""


def prepare(config: dict[str, Any], own_weights: bool) -> HFTokenizer:
    """Complete the model config of such a tower, in place -> its tokenizer.

    own_weights: whether the tower may start from its own weights; others replace them anyway.

    Raises ConfigError for a tower that open_clip does not build, DataError for files that are not
    there, are damaged, or do not fit each other."""
    text = config["text_cfg"]
    name = text[NAME]
    tower = _tower_config(name)
    _check(text, tower, config["embed_dim"])
    try:
        with _quiet():
            kwargs = {**(text.get("tokenizer_kwargs") or {}), "trust_remote_code": False}
            tokenizer = HFTokenizer(text.get(TOKENIZER) or name, **kwargs)
        pad, size = tokenizer.tokenizer.pad_token_id, len(tokenizer.tokenizer)
    except Exception as error:
        # For missing and damaged files transformers raises exceptions of many types.
        raise _absent(text.get(TOKENIZER) or name, "tokenizer", error) from None
    if pad is None or pad != tower.pad_token_id or size > tower.vocab_size:
        raise DataError(
            f"OpenCLIP: text tower {name!r}: its tokenizer has {size} tokens and pads with {pad}, "
            f"its config says {tower.vocab_size} and {tower.pad_token_id}"
        )
    positions = getattr(tower, "max_position_embeddings", None)
    if positions and "roberta" in tower.model_type:
        positions -= tower.pad_token_id + 1  # they count from there
    text["context_length"] = min(text.get("context_length", 77), positions or 77)
    text[OWN_WEIGHTS] = own_weights and text.get(OWN_WEIGHTS, True)
    config["custom_text"] = True
    return tokenizer


def load_weights(tower: HFTextEncoder, name: str) -> None:
    """Give the tower its own weights, in fp32. Raises DataError when they are missing, damaged or
    of another model."""
    nested = tower.config.is_encoder_decoder
    pooled = {} if nested else {"add_pooling_layer": isinstance(tower.pooler, ClsPooler)}
    try:
        with _quiet():
            model, info = transformers.AutoModel.from_pretrained(
                name,
                dtype=torch.float32,
                output_loading_info=True,
                trust_remote_code=False,
                **pooled,
            )
    except Exception as error:
        raise _absent(name, "weights", error) from None
    if missing := sorted(info["missing_keys"]):
        raise DataError(
            f"OpenCLIP: text tower {name!r}: {len(missing)} of its weights are missing, such as "
            f"{missing[0]}"
        )
    tower.transformer = (model.encoder if nested else model).train(tower.training)


def _tower_config(name: str) -> Any:
    try:
        with _quiet():
            return transformers.AutoConfig.from_pretrained(name, trust_remote_code=False)
    except Exception as error:
        raise _absent(name, "config", error) from None


def _check(text: dict[str, Any], tower: Any, embed_dim: int) -> None:
    name, kind = text[NAME], tower.model_type
    if kind not in arch_dict:
        raise ConfigError(
            f"OpenCLIP: text tower {name!r} is a {kind}; open_clip builds {', '.join(arch_dict)}"
        )
    pooler = text.get("hf_pooler_type", "mean_pooler")
    if pooler is not None and pooler not in POOLERS:
        raise ConfigError(f"OpenCLIP: hf_pooler_type={pooler!r} is none of {', '.join(POOLERS)}")
    width = getattr(tower, arch_dict[kind]["config_names"]["width"])
    projection = text.get("hf_proj_type", "mlp")
    if projection not in ("linear", "mlp") and (projection is not None or width != embed_dim):
        raise ConfigError(
            f"OpenCLIP: hf_proj_type={projection!r} does not map {width} dimensions to "
            f"{embed_dim}; use 'linear' or 'mlp'"
        )
    if text.get("tokenizer_mode") or text.get("output_tokens"):
        raise ConfigError("OpenCLIP: tokenizer_mode and output_tokens are not supported")


def _absent(name: str, what: str, error: Exception) -> DataError:
    return DataError(
        f"OpenCLIP: text tower {name!r}: its {what} cannot be read, neither from a folder nor from "
        f"the Hugging Face cache or hub ({first_line(error)})"
    )


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep the warnings and progress bars of transformers out of the terminal."""
    logging = transformers.utils.logging
    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()
