"""CLIP as it is pretrained, without any training here."""

_base_ = ["../_base_/embedded.py"]
teacher = None
student = dict(backbone=dict(pretrained="embedded"), train=None)
evaluation = dict(modes=["edge"])
