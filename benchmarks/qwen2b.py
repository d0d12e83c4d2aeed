"""Write a checkpoint of the true Qwen2-VL-2B: every size as published, random weights, 4.4 GB.

    python benchmarks/qwen2b.py FOLDER
    python benchmarks/extraction.py --weights FOLDER --items 4 --batch-size 4 --rounds 3

The tokenizer is the embedded model's, and the prompts are those that `extraction.py` uses with it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import torch
import transformers

from reidbench_mllm.checkpoint import EMBEDDED

# https://huggingface.co/Qwen/Qwen2-VL-2B-Instruct/blob/main/config.json
TEXT = {
    "hidden_size": 1536, "intermediate_size": 8960, "num_hidden_layers": 28,
    "num_attention_heads": 12, "num_key_value_heads": 2, "vocab_size": 151936,
    "max_position_embeddings": 32768, "rms_norm_eps": 1e-6, "tie_word_embeddings": True,
    "rope_parameters": {"rope_type": "default", "rope_theta": 1e6, "mrope_section": [16, 24, 24]},
}  # fmt: skip
VISION = {
    "depth": 32, "embed_dim": 1280, "hidden_size": 1536, "num_heads": 16, "mlp_ratio": 4,
    "patch_size": 14, "spatial_merge_size": 2, "temporal_patch_size": 2, "in_channels": 3,
}  # fmt: skip


def write(folder: Path) -> None:
    """A local folder as the hub's, but for the tokenizer."""
    ids = json.loads((EMBEDDED / "config.json").read_text())
    special = {k: v for k, v in ids.items() if k.endswith("_token_id") and isinstance(v, int)}
    config = transformers.Qwen2VLConfig(
        text_config=TEXT, vision_config=VISION, tie_word_embeddings=True, **special
    )
    with torch.device("meta"):
        model = transformers.Qwen2VLForConditionalGeneration(config)
    model = model.to(torch.bfloat16).to_empty(device="cpu")
    model.tie_weights()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith("bias"):
                parameter.zero_()
            elif parameter.ndim == 1:
                parameter.fill_(1)
            else:
                parameter.uniform_(-0.03, 0.03, generator=generator)
    model.save_pretrained(folder)
    del model
    processor = transformers.AutoProcessor.from_pretrained(EMBEDDED)
    processor.image_processor.patch_size = 14
    processor.save_pretrained(folder)


if __name__ == "__main__":
    from extraction import PROMPTS, SIZE

    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    write(target)
    settings = {"image_size": SIZE, "prompts": PROMPTS}
    (target / "reidbench.json").write_text(json.dumps(settings), encoding="utf-8")
