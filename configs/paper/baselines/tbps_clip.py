"""In the style of TBPS-CLIP (Cao et al., AAAI 2024) on QrCM-ReID: ViT-B/16, 224 x 224, InfoNCE over
pairs of one identity, augmented pictures and captions."""

_base_ = ["../_base_/qrcm.py"]
teacher = None
student = dict(
    backbone=dict(model="ViT-B-16", pretrained="openai", image_size=[224, 224], embed_dim=None),
    train=dict(
        losses=[dict(type="InfoNCE", scale=100, learn_scale=True)],
        augment=[
            dict(type="RandomHorizontalFlip"),
            dict(type="RandomErasing"),
            dict(type="TokenDropout"),
        ],
    ),
)
evaluation = dict(modes=["edge"])
