"""Make the files of the embedded model: `python -m reidbench_clip.make_embedded [folder]`.

A CLIP of about 0.4 M parameters for 64 x 32 images: its architecture as open_clip writes it
(`config.json`) and a byte-level BPE learned from captions drawn below (`tokenizer.json`). Weights
are not made here: `foundation.safetensors` has a command of its own (see `CARD.md` beside it). The
same version of `tokenizers` gives the same bytes.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from reidbench.tools.files import whole_file, write_json

VOCABULARY = 1024
"""At most, with the two special tokens. Theirs are the highest ids: CLIP pools text there."""
START, END = "<start_of_text>", "<end_of_text>"

WORDS = {
    "who": "man woman boy girl person pedestrian male female lady gentleman guy adult child "
    "teenager student individual figure people someone",
    "age": "young old elderly middle-aged adult teenage grown",
    "build": "tall short slim thin heavy stout large small average broad slender fat",
    "colour": "black white grey gray red green blue yellow orange purple pink brown beige navy "
    "teal maroon khaki cream olive turquoise violet tan gold silver burgundy dark light bright "
    "pale deep multicolored",
    "top": "shirt t-shirt tee blouse top sweater jumper hoodie sweatshirt jacket coat blazer vest "
    "cardigan polo parka suit uniform dress tank",
    "bottom": "trousers pants jeans shorts skirt leggings slacks tights joggers sweatpants",
    "shoes": "shoes sneakers trainers boots sandals heels loafers slippers flats footwear",
    "hair": "hair bald ponytail bun braid fringe beard moustache curls haircut",
    "style": "long short curly straight wavy blond blonde dyed tied cropped shoulder-length dark",
    "thing": "bag backpack rucksack handbag purse satchel suitcase briefcase umbrella phone bottle "
    "book hat cap beanie hood helmet scarf tie belt gloves glasses sunglasses watch mask "
    "headphones shopping shoulder strap",
    "pattern": "striped stripes checked checkered plaid dotted dots spotted floral printed plain "
    "solid patterned logo print horizontal vertical long-sleeved short-sleeved sleeveless sleeves "
    "hooded zipped collar leather denim knitted cotton loose tight",
    "does": "wears wearing carries carrying has having holds holding walks walking stands standing "
    "seen shown dressed looks appears is are was",
    "small": "a an the this that his her their he she they it with without and or in on of to over "
    "under by at from no not some pair which who also both one two left right back front side "
    "upper lower body clothes outfit while for matching hand hands head legs",
}
FORMS = (
    "{small} {age} {who} {does} a {colour} {pattern} {top} and {colour} {bottom} {small} {shoes}.",
    "{build} {who} {small} {style} {hair}, {does} {colour} {top}, {bottom}, {colour} {shoes}.",
    "{does} {small} {colour} {thing}; {small} {who} {small} {age} {does} {pattern} {colour} {top}.",
    "the {who} {does} {colour} {bottom} {small} a {thing}, {style} {hair} and {small} {build}",
)


def captions(seed: int = 0, number: int = 12000) -> Iterator[str]:
    """Captions of pedestrians in which every word above occurs many times."""
    draw = random.Random(seed)
    lists = {name: words.split() for name, words in WORDS.items()}
    for _ in range(number):
        form = draw.choice(FORMS)
        for name, words in lists.items():
            while f"{{{name}}}" in form:
                form = form.replace(f"{{{name}}}", draw.choice(words), 1)
        yield form


def tokenizer() -> Any:
    """Lower-case byte-level BPE: knows the words above, spells out any other."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

    bpe = Tokenizer(models.BPE())
    bpe.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Lowercase()])
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY - 2,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    bpe.train_from_iterator(captions(), trainer)
    bpe.add_special_tokens([START, END])
    return bpe


def config(vocabulary: int) -> dict[str, Any]:
    """Architecture: 32 patches of 8 x 8 pixels."""
    return {
        "embed_dim": 96,
        "vision_cfg": {
            "image_size": [64, 32],
            "layers": 2,
            "width": 96,
            "head_width": 32,
            "patch_size": 8,
        },
        "text_cfg": {
            "context_length": 77,
            "vocab_size": vocabulary,
            "width": 64,
            "heads": 2,
            "layers": 2,
        },
    }


def main(folder: Path) -> None:
    """Write `tokenizer.json` and `config.json` into `folder`."""
    bpe = tokenizer()
    with whole_file(folder / "tokenizer.json") as part:
        part.write_text(bpe.to_str() + "\n", encoding="utf-8")
    write_json(folder / "config.json", config(bpe.get_vocab_size()))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "embedded")
