"""The sizes of arXiv 2602.12936 and its released code: Qwen2-VL-2B and CLIP ViT-L/14.

Trained on the three parts of QrCM-ReID at once, scored on each by itself. What paper and released
command leave open stands here with its reason.
"""

# The photos with all four modalities, one caption each, as the authors' script lists them.
data = dict(
    type="QrCM-joint",
    roots=["data/CUHK-PEDES", "data/ICFG-PEDES", "data/RSTPReid"],
    variant="strict",
    captions=1,
)
teacher = dict(
    backbone=dict(
        type="QwenVL",
        weights="Qwen/Qwen2-VL-2B-Instruct",
        lora=dict(scheme="attention", r=16, alpha=64, dropout=0.1, dora=True, init="gaussian"),
        image_size=[336, 196],
        max_text_tokens=165,
        dtype="bfloat16",
        gradient_checkpointing=True,
    ),
    neck="bn",
    tap="before",
    train=dict(
        steps=50_000,
        # No rate is given: the defaults of transformers' Trainer, which the authors use.
        optimizer=dict(type="AdamW", lr=5e-5, weight_decay=0.0),
        scheduler=dict(type="LinearLR", start_factor=1.0, end_factor=0.0),
        clip_norm=1.0,
        # 32 items on each of the authors' four GPUs, and as many in the losses.
        sampler=dict(type="PKModality", p=4, k=2),
        batches_per_step=4,
        losses=[
            dict(type="ID", weight=0.25),
            dict(type="Triplet", margin=0.3),
            dict(type="SDM", scale=20, pairs="mean"),
        ],
    ),
)
student = dict(
    backbone=dict(
        type="OpenCLIP",
        model="ViT-L-14",
        # Warm start: the student that `student_vitl14_alone.py` trains.
        pretrained="runs/student_vitl14_alone-seed0/distill",
        image_size=[280, 140],
        projection="per_modality",
        embed_dim=1536,
    ),
    train=dict(
        # 50 epochs of at most 87,233 photos, 32 photos a step.
        steps=136_000,
        optimizer=dict(type="AdamW", lr=1e-5),
        warmup=0.1,
        scheduler=dict(type="CosineAnnealingLR", eta_min=1e-6),
        # 128 items: 8 identities, 4 photos of each in 4 modalities.
        sampler=dict(type="PKModality", p=8, k=4),
        losses=[
            dict(type="ID", weight=0.25),
            dict(type="Triplet", margin=0.3),
            dict(type="SDM", scale=1 / 0.07, pairs="sum"),
        ],
    ),
)
evaluation = dict(
    protocol=dict(type="qrcm/distill", datasets=["CUHK-PEDES", "ICFG-PEDES", "RSTPReid"]),
    modes=["cloud", "edge", "edge-cloud"],
)
run = dict(seed=0, precision="bf16", workers=8)
