"""The embedded experiment: a small drawn world, a tiny teacher and a tiny student."""

data = dict(type="SyntheticPedestrians", seed=0, train=800)
teacher = dict(
    backbone=dict(
        type="QwenVL",
        weights="embedded",
        lora=dict(scheme="attention", r=16, alpha=64, dropout=0.0),
    ),
    neck="bn_per_modality",
    tap="after",
    train=dict(
        steps=100,
        optimizer=dict(type="AdamW", lr=1e-3, weight_decay=0.01),
        warmup=0.1,
        scheduler=dict(type="CosineAnnealingLR", eta_min=1e-5),
        sampler=dict(type="PKModality", p=16, k=2),
        losses=[
            dict(type="ID", weight=0.25, label_smoothing=0.1),
            dict(type="Triplet", margin=0.3),
            dict(type="SDM", scale=20, pairs="mean"),
        ],
    ),
)
student = dict(
    backbone=dict(
        type="OpenCLIP", model="embedded", pretrained="embedded", projection="per_modality"
    ),
    train=dict(
        steps=500,
        optimizer=dict(type="AdamW", lr=1e-3, weight_decay=0.01),
        warmup=0.1,
        scheduler=dict(type="CosineAnnealingLR", eta_min=1e-5),
        sampler=dict(type="PKModality", p=16, k=2),
        losses=[
            dict(type="ID", weight=0.25),
            dict(type="Triplet", margin=0.3),
            dict(type="SDM", scale=20, pairs="sum"),
        ],
    ),
)
evaluation = dict(protocol="qrcm/distill", modes=["cloud", "edge", "edge-cloud"])
run = dict(seed=0, device="auto", precision="fp32")
