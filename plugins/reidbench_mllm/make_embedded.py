"""Make the files of the embedded model: `python -m reidbench_mllm.make_embedded [folder]`.

A tiny Qwen2-VL in every respect but size: architecture (`config.json`), tokenizer with Qwen's
special tokens and chat layout, image settings, as a folder that AutoProcessor reads, and its own
defaults (`reidbench.json`). Weights are not made here and stay as they are. Nothing is random: the
same versions of the libraries give the same bytes.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator
from pathlib import Path

from reidbench.tools.files import write_json

VOCABULARY = 1280
SPECIAL = (
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|vision_pad|>",
    "<|image_pad|>",
    "<|video_pad|>",
)
CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{% if message['content'] is string %}{{ message['content'] }}"
    "{% else %}{% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}<|vision_start|><|image_pad|><|vision_end|>"
    "{% else %}{{ part['text'] }}{% endif %}{% endfor %}{% endif %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)

# Short: every token of a prompt costs as much as one of the image.
PROMPTS = {
    "system": "embed the person",
    "rgb": "{image}photo age gender clothing biometrics",
    "ir": "{image}infrared age gender clothing biometrics",
    "thermal": "{image}thermal age gender clothing biometrics",
    "sketch": "{image}sketch age gender clothing biometrics",
    "color_pencil": "{image}pencil age gender clothing biometrics",
    "text": "{caption} text age gender clothing biometrics",
}

COLOURS = (
    "black white grey gray red green blue yellow orange purple pink brown beige navy teal maroon "
    "khaki cream olive turquoise violet tan gold silver burgundy cyan magenta dark light bright "
    "pale deep colored coloured colourful multicolored"
)
UPPER = (
    "shirt t-shirt tee blouse top sweater jumper pullover hoodie sweatshirt jacket coat blazer "
    "vest cardigan polo parka windbreaker raincoat suit uniform jersey dress gown tunic tank"
)
LOWER = (
    "trousers pants jeans shorts skirt leggings slacks chinos tights sweatpants joggers denim "
    "miniskirt overalls capris"
)
SHOES = (
    "shoes sneakers trainers boots sandals heels loafers slippers flats pumps footwear soles laces"
)
THINGS = (
    "bag backpack rucksack handbag purse satchel suitcase briefcase tote pouch umbrella phone "
    "bottle book hat cap beanie hood helmet scarf tie belt gloves glasses sunglasses spectacles "
    "mask watch necklace bracelet earrings headphones shopping shoulder sling strap crossbody"
)
PEOPLE = (
    "man woman boy girl person pedestrian male female lady gentleman guy adult child kid teenager "
    "teen youth student elder senior people figure individual walker"
)
AGES = (
    "young old elderly middle-aged adult teenage older younger aged mature grown twenties sixties"
)
BUILD = (
    "tall short slim thin slender heavy stout large small medium average broad lean stocky build "
    "height body figure shoulders legs arms waist skin face pale tanned fit petite big"
)
HAIR = (
    "hair long short curly straight wavy bald blond blonde brunette ponytail bun braid fringe "
    "bangs beard moustache mustache shaved dyed tied cropped shoulder-length head haired bearded"
)
PATTERN = (
    "striped stripes stripe checked checkered plaid dotted dots spotted floral printed plain solid "
    "patterned pattern logo print graphic letters horizontal vertical diagonal camouflage lined "
    "long-sleeved short-sleeved sleeveless sleeves sleeve collar collared hooded zipped zipper "
    "button buttons pocket pockets knee-length ankle length leather cotton woollen knitted fabric "
    "tight loose baggy fitted ripped pleated faded"
)
VERBS = (
    "wears wearing carries carrying has having holds holding walks walking stands standing seen "
    "shown dressed looks appears is are was sports clad pulls rides riding pushing looking turning"
)
GLUE = (
    "a an the this that his her their he she they it with without and or in on of to over under by "
    "at from no not some pair around across which who whose also both one two three left right "
    "back front side upper lower outfit clothes clothing while for same matching against its be "
    "seems kind style type wearing below above behind near hand hands neck feet foot very quite"
)


def corpus() -> Iterator[str]:
    """Sentences in which every word above occurs often, and the prompts."""
    words = {
        name: text.split()
        for name, text in globals().items()
        if name in ("COLOURS", "UPPER", "LOWER", "SHOES", "THINGS", "PEOPLE", "AGES", "BUILD")
        or name in ("HAIR", "PATTERN", "VERBS", "GLUE")
    }
    wheel = {name: itertools.cycle(listed) for name, listed in words.items()}
    for _ in range(2000):
        draw = {name: next(cycle) for name, cycle in wheel.items()}
        draw |= {"colour": next(wheel["COLOURS"]), "glue": next(wheel["GLUE"])}
        yield (
            "{GLUE} {AGES} {PEOPLE} {VERBS} a {COLOURS} {PATTERN} {UPPER}, {colour} {LOWER} and "
            "{SHOES} with a {THINGS}; {BUILD}, {HAIR} hair. {glue}".format(**draw)
        )
    for _ in range(500):
        for text in PROMPTS.values():
            yield "system\nuser\nassistant\n" + text.replace("{image}", " ").replace(
                "{caption}", " "
            )


def tokenizer() -> object:
    """Byte-level BPE, lower case, trained on the corpus, with Qwen's special tokens first."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    bpe = Tokenizer(models.BPE())
    bpe.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Lowercase()])
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=list(SPECIAL),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    bpe.train_from_iterator(corpus(), trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=bpe,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        additional_special_tokens=list(SPECIAL[1:]),
        chat_template=CHAT_TEMPLATE,
        padding_side="right",
    )


def config() -> dict[str, object]:
    """Architecture: 32 patches of 8 x 8 pixels, 8 visual tokens for a 64 x 32 image."""
    token = {name: index for index, name in enumerate(SPECIAL)}
    return {
        "architectures": ["Qwen2VLForConditionalGeneration"],
        "model_type": "qwen2_vl",
        "image_token_id": token["<|image_pad|>"],
        "video_token_id": token["<|video_pad|>"],
        "vision_start_token_id": token["<|vision_start|>"],
        "vision_end_token_id": token["<|vision_end|>"],
        "tie_word_embeddings": True,
        "text_config": {
            "model_type": "qwen2_vl_text",
            "vocab_size": VOCABULARY,
            "hidden_size": 128,
            "intermediate_size": 256,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "max_position_embeddings": 512,
            "initializer_range": 0.05,
            "bos_token_id": token["<|endoftext|>"],
            "eos_token_id": token["<|im_end|>"],
            # mrope_section sums to half the head dimension (128 / 4 heads / 2)
            "rope_parameters": {
                "rope_type": "default",
                "rope_theta": 10000.0,
                "mrope_section": [4, 6, 6],
            },
        },
        "vision_config": {
            "model_type": "qwen2_vl_vision",
            "depth": 2,
            "embed_dim": 128,
            "hidden_size": 128,
            "num_heads": 4,
            "mlp_ratio": 4,
            "patch_size": 8,
            "spatial_merge_size": 2,
            "temporal_patch_size": 2,
            "initializer_range": 0.05,
        },
    }


def main(folder: Path) -> None:
    """Write the folder."""
    from transformers import Qwen2VLImageProcessor, Qwen2VLProcessor, Qwen2VLVideoProcessor

    architecture = config()
    vision = architecture["vision_config"]
    edges = {"shortest_edge": 16 * 16, "longest_edge": 1024 * 1024}  # pixel counts
    settings = {
        "patch_size": vision["patch_size"],
        "merge_size": vision["spatial_merge_size"],
        "temporal_patch_size": vision["temporal_patch_size"],
        "size": edges,
    }
    processor = Qwen2VLProcessor(
        image_processor=Qwen2VLImageProcessor(**settings),
        video_processor=Qwen2VLVideoProcessor(**settings),
        tokenizer=tokenizer(),
        chat_template=CHAT_TEMPLATE,
    )
    folder.mkdir(parents=True, exist_ok=True)
    processor.save_pretrained(folder)
    write_json(folder / "config.json", architecture)
    write_json(folder / "reidbench.json", {"image_size": [64, 32], "prompts": PROMPTS})


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "embedded")
