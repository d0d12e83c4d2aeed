"""A student's tokenizer as one `tokenizer.json`, for programs without torch and open_clip."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from reidbench.tools.files import whole_file

from .tokens import EmbeddedTokenizer

PAD = 0
"""What `Tokens.pad` pads with; after the end of text, where it changes no embedding"""
_WORDS = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
"""How open_clip's SimpleTokenizer splits a caption"""


def write_tokenizer(tokenizer: Any, limit: int, folder: Path) -> None:
    """Write `tokenizer.json` into `folder`: raw caption -> the ids that `Tokens` with this `limit`
    makes of the cleaned caption.

    Of open_clip's SimpleTokenizer, `tokenizer.json` cannot express the repair of wrongly decoded
    characters (ftfy) and of HTML entities (`&amp;`). Captions in Latin letters that need no repair
    get the same ids."""
    bpe = _bpe(tokenizer)
    _add_cleaning(bpe)
    _add_ends(bpe, limit)
    with whole_file(folder / "tokenizer.json") as part:
        part.write_text(bpe.to_str() + "\n", encoding="utf-8")


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

    bpe.normalizer = normalizers.Sequence(
        [
            normalizers.NFKC(),
            normalizers.Replace(Regex(r"\p{C}"), " "),
            normalizers.Replace(Regex(r"\s+"), " "),
            normalizers.Strip(),
            bpe.normalizer,
        ]
    )


def _add_ends(bpe: Any, limit: int) -> None:
    """Start and end of text, and what is longer than `limit` cut before the end."""
    from tokenizers import processors

    start, end = "<start_of_text>", "<end_of_text>"
    bpe.post_processor = processors.TemplateProcessing(
        single=f"{start} $A {end}",
        special_tokens=[(t, bpe.token_to_id(t)) for t in (start, end)],
    )
    bpe.enable_truncation(limit)
    bpe.enable_padding(pad_id=PAD, pad_token=bpe.id_to_token(PAD))
