"""OpenAI's CLIP ViT-L/14 on QrCM-ReID, without any training."""

_base_ = ["../_base_/qrcm.py"]
teacher = None
student = dict(backbone=dict(pretrained="openai", embed_dim=None), train=None)
evaluation = dict(modes=["edge"])
