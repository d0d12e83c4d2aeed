"""The paper's student without a teacher, from OpenAI's CLIP: the distillation starts from it."""

_base_ = ["_base_/qrcm.py"]
teacher = None
student = dict(
    backbone=dict(pretrained="openai"),
    train=dict(optimizer=dict(lr=5e-5)),
)
evaluation = dict(modes=["edge"])
