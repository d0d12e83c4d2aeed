"""The student trained alone on the same images per step: the baseline of every distillation."""

_base_ = ["_base_/embedded.py"]
teacher = None
evaluation = dict(modes=["edge"])
