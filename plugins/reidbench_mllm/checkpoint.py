"""Opens Qwen2-VL checkpoints: the embedded one, a local folder, or a name on the hub."""

from __future__ import annotations

import contextlib
import re
import warnings
from collections.abc import Iterator, Mapping
from logging import ERROR, getLogger
from pathlib import Path
from typing import Any

import torch
import transformers

from reidbench.tools.guarded import RECORD, check_file, first_line, read_json
from reidbench.tools.terminal import quoted
from reidbench_registry import DataError

from .prompts import complete

EMBEDDED = Path(__file__).parent / "embedded"
_DEFAULTS = Path(__file__).parent / "defaults.json"
_LARGE = ("tokenizer.json", "vocab.json")
"""Files that a library of its own parses."""
_SIZES = ("vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "depth",
          "embed_dim")  # fmt: skip
"""Sizes of a model. Each, times its width, is a number of weights that it has at least."""
_LAYERS = ("num_hidden_layers", "depth")
"""Those of which each has a square of the width"""
_LONGEST = 40
"""Digits of an integer in a settings file: transformers writes 10^30 for a length without limit"""
_HUB_NAME = re.compile(r"[\w\-.]+/[\w\-.]+")


def open_checkpoint(
    weights: str, *, dtype: torch.dtype, attn_implementation: str, seed: int | None = None
) -> tuple[transformers.Qwen2VLForConditionalGeneration, Any]:
    """`weights` -> (model in eval mode, processor). Without a file of weights the embedded model
    has random ones, drawn from `seed`.

    Raises DataError, naming `weights`, when it cannot be reached, is not a Qwen2-VL, lacks its
    tokenizer, image settings or weights, or has weights that do not fit."""
    source, local = _locate(weights)
    options: dict[str, Any] = {"dtype": dtype, "attn_implementation": attn_implementation}
    if local and not (Path(source) / "config.json").is_file():
        raise DataError(f"{source}: there is no config.json")
    if local:
        _check_settings(Path(source))
    with quiet():
        try:
            config, _ = transformers.PreTrainedConfig.get_config_dict(
                source, local_files_only=local, trust_remote_code=False
            )
        except (OSError, ValueError) as error:
            if local:
                raise DataError(f"{source}: unusable config.json: {_line(error)}") from None
            raise DataError(
                f"weights={weights!r} is no local folder, and no model of that name can be "
                "reached on the Hugging Face hub; the path of a local folder works too"
            ) from None
        if config.get("model_type") != "qwen2_vl":
            model_type = config.get("model_type")
            raise DataError(f"{source}: model_type is {quoted(model_type)}, expected 'qwen2_vl'")
        if local and source != EMBEDDED:
            _check_sizes(Path(source), config)
        processor = _open_processor(source, local, config.get("image_token_id", 151655))
        if source == EMBEDDED and not (EMBEDDED / "model.safetensors").is_file():
            return _initialise(options, seed), processor
        return _open_model(source, local, options), processor


def _check_settings(folder: Path) -> None:
    """Raises DataError for a settings file that is too large, too deep or no JSON object: the
    libraries have no limits of their own."""
    for path in sorted(folder.glob("*.json")):
        if path.name in _LARGE:
            check_file(path, RECORD)
            continue
        try:
            settings = read_json(path, RECORD, nan=True, longest=_LONGEST)
        except DataError as error:
            why = str(error).removeprefix(f"{path}: ")
            raise DataError(f"{folder}: unusable {path.name}: {why}") from None
        if not isinstance(settings, dict):
            raise DataError(f"{folder}: unusable {path.name}: expected an object")


def _check_sizes(folder: Path, config: Mapping[str, Any]) -> None:
    """Raises DataError for a model that declares more weights than the files could hold: what is
    missing in them would be drawn at random, and takes its memory first."""
    held = sum(path.stat().st_size for path in folder.glob("*.safetensors"))
    if not held:  # told when they are opened
        return
    sections = [config.get("text_config"), config.get("vision_config"), config]
    for section in (s for s in sections if isinstance(s, dict)):
        sizes = {k: v for k, v in section.items() if k in _SIZES}
        wrong = [k for k, v in sizes.items() if type(v) is not int or v < 0]
        width = max(sizes.get(k, 1) for k in ("hidden_size", "embed_dim") if k not in wrong)
        for k, v in sizes.items():
            least = v * width * (width if k in _LAYERS else 1)
            if k not in wrong and least > 2 * held:  # a weight may have half a byte
                wrong.append(k)
        if wrong:
            raise DataError(
                f"{folder}: cannot load the weights: config.json says {wrong[0]} is "
                f"{quoted(section[wrong[0]])}, and they have {held:,} bytes"
            )


def defaults(weights: str) -> dict[str, Any]:
    """`image_size` and `prompts` of a checkpoint when the config gives none: those of the
    `reidbench.json` in its folder, else those of this package. Raises DataError for a damaged
    `reidbench.json`."""
    values = read_json(_DEFAULTS)
    source, local = _locate(weights)
    if local and (path := Path(source) / "reidbench.json").is_file():
        own = read_json(path)
        try:
            values["image_size"] = own.get("image_size", values["image_size"])
            values["prompts"] = complete(own.get("prompts"), values["prompts"])
        except (ValueError, AttributeError) as error:
            raise DataError(f"{path}: unusable: {_line(error)}") from None
    return values


@contextlib.contextmanager
def seeded(seed: int | None) -> Iterator[None]:
    """Inside, torch's CPU generator starts at `seed`; afterwards it has its old state again. None:
    no change."""
    if seed is None:
        yield
        return
    state = torch.get_rng_state()
    # Not torch.manual_seed, which also resets the generators of the GPUs.
    torch.default_generator.manual_seed(seed)
    try:
        yield
    finally:
        torch.set_rng_state(state)


def _locate(weights: str) -> tuple[Path | str, bool]:
    """-> (folder or hub name, whether it is local)."""
    if weights == "embedded":
        return EMBEDDED, True
    folder = Path(weights).expanduser()
    if folder.is_dir():
        return folder, True
    if not _HUB_NAME.fullmatch(weights) or weights.startswith("."):
        raise DataError(f"weights={weights!r}: there is no such folder")
    return weights, False


def _open_processor(source: Path | str, local: bool, image_token: int) -> Any:
    try:
        processor = transformers.AutoProcessor.from_pretrained(
            source, local_files_only=local, trust_remote_code=False
        )
        tokenizer = processor.tokenizer
        placeholder = tokenizer.convert_tokens_to_ids(processor.image_token)
        _ = processor.image_processor.image_mean, processor.image_processor.image_std
    except Exception as error:
        # For missing and damaged files transformers raises exceptions of many types.
        raise DataError(
            f"{source}: tokenizer or image processor files are missing or damaged: {_line(error)}"
        ) from None
    if placeholder != image_token or tokenizer.pad_token_id is None:
        # This is also the result of a missing tokenizer file, which transformers may ignore.
        raise DataError(
            f"{source}: the tokenizer does not fit the model (its files may be missing): "
            f"{processor.image_token} is token {placeholder}, the model expects {image_token}"
        )
    return processor


def _open_model(source: Path | str, local: bool, options: dict[str, Any]) -> Any:
    try:
        model, info = transformers.Qwen2VLForConditionalGeneration.from_pretrained(
            source,
            local_files_only=local,
            trust_remote_code=False,
            use_safetensors=True,
            output_loading_info=True,
            **options,
        )
    except Exception as error:
        # For damaged files transformers raises exceptions of many types.
        raise DataError(f"{source}: cannot load the weights: {_line(error)}") from None
    # Missing weights would be random, so they are an error; the language model head is not used.
    missing = sorted(set(info["missing_keys"]) - {"lm_head.weight"})
    if missing:
        raise DataError(f"{source}: {len(missing)} weights are missing, such as {missing[0]}")
    return model.eval()


def _initialise(options: dict[str, Any], seed: int | None) -> Any:
    config = transformers.Qwen2VLConfig.from_pretrained(EMBEDDED, trust_remote_code=False)
    try:
        with seeded(seed):
            model = transformers.Qwen2VLForConditionalGeneration._from_config(config, **options)
    except (ValueError, ImportError) as error:  # an attention implementation is not installed
        raise DataError(f"cannot build the embedded model: {_line(error)}") from None
    return model.eval()


def _line(error: Exception) -> str:
    """The first line of a message that may have many."""
    return first_line(error)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep the warnings and progress bars of transformers and the hub out of the terminal."""
    hub = getLogger("huggingface_hub")
    level = hub.level
    hub.setLevel(ERROR)
    logging = transformers.utils.logging
    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        hub.setLevel(level)
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()
