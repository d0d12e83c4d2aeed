"""CLIP as it is pretrained, without any training here."""

_base_ = ["../_base_/embedded.py"]
teacher = None
student = dict(train=None)
evaluation = dict(modes=["edge"])
