"""CLIP ViT-B/16 fine-tuned on QrCM-ReID with its own loss alone."""

_base_ = ["../_base_/qrcm.py"]
teacher = None
student = dict(
    backbone=dict(model="ViT-B-16", pretrained="openai", image_size=[384, 128], embed_dim=None),
    train=dict(losses=[dict(type="InfoNCE", scale=100, learn_scale=True)]),
)
evaluation = dict(modes=["edge"])
