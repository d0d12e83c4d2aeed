"""A student's tokenizer as one `tokenizer.json`, for programs without torch and open_clip."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from reidbench.tools.files import whole_file
from reidbench_registry import ConfigError

from .tokens import EmbeddedTokenizer, HFTokens, make_tokens

_WORDS = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
"""How open_clip's SimpleTokenizer splits a caption"""


def write_tokenizer(tokenizer: Any, limit: int, folder: Path) -> None:
    """Write `tokenizer.json` into `folder`: raw caption -> the ids that `make_tokens(tokenizer,
    limit)` makes of the cleaned caption.

    Of open_clip's tokenizers, `tokenizer.json` cannot express the repair of wrongly decoded
    characters (ftfy) and of HTML entities (`&amp;`). Captions in Latin letters that need no repair
    get the same ids. Raises ConfigError for a tokenizer of Hugging Face that is none of
    `tokenizers`."""
    tokens = make_tokens(tokenizer, limit)
    if isinstance(tokens, HFTokens):
        bpe = _of_hugging_face(tokenizer)
    else:
        bpe = _bpe(tokenizer)
        _add_ends(bpe)
    _add_cleaning(bpe)
    bpe.enable_truncation(limit)
    bpe.enable_padding(pad_id=tokens.pad_id, pad_token=bpe.id_to_token(tokens.pad_id))
    with whole_file(folder / "tokenizer.json") as part:
        part.write_text(bpe.to_str() + "\n", encoding="utf-8")


def _of_hugging_face(tokenizer: Any) -> Any:
    """A copy of the tokenizer; it adds the special tokens by itself."""
    from tokenizers import Tokenizer

    own = getattr(tokenizer.tokenizer, "backend_tokenizer", None)
    if not isinstance(own, Tokenizer):
        raise ConfigError("OpenCLIP: the text tower's tokenizer has no form as tokenizer.json")
    return Tokenizer.from_str(own.to_str())


def _bpe(tokenizer: Any) -> Any:
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

    if isinstance(tokenizer, EmbeddedTokenizer):
        return tokenizer.copy()
    start, end = (tokenizer.decoder[i] for i in (tokenizer.sot_token_id, tokenizer.eot_token_id))
    bpe = Tokenizer(
        models.BPE(
            vocab=tokenizer.encoder, merges=list(tokenizer.bpe_ranks), end_of_word_suffix="</w>"
        )
    )
    bpe.normalizer = normalizers.Sequence(
        [
            # ftfy makes quotes straight.
            normalizers.Replace(Regex("[\u02bc\u2018-\u201b]"), "'"),
            normalizers.Replace(Regex("[\u201c-\u201f]"), '"'),
            normalizers.Lowercase(),
        ]
    )
    bpe.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_WORDS), behavior="removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    bpe.add_special_tokens([start, end])
    return bpe


def _add_cleaning(bpe: Any) -> None:
    """What `reidbench.tools.text.clean_caption` does, before the tokenizer's own normaliser."""
    from tokenizers import Regex, normalizers

    own = [] if bpe.normalizer is None else [bpe.normalizer]
    bpe.normalizer = normalizers.Sequence(
        [
            normalizers.NFKC(),
            normalizers.Replace(Regex(r"\p{C}"), " "),
            normalizers.Replace(Regex(r"\s+"), " "),
            normalizers.Strip(),
            *own,
        ]
    )


def _add_ends(bpe: Any) -> None:
    """Start and end of text."""
    from tokenizers import processors

    start, end = "<start_of_text>", "<end_of_text>"
    bpe.post_processor = processors.TemplateProcessing(
        single=f"{start} $A {end}",
        special_tokens=[(t, bpe.token_to_id(t)) for t in (start, end)],
    )
