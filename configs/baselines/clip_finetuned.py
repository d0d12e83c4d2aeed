"""CLIP fine-tuned with its own loss alone: InfoNCE between the modalities."""

_base_ = ["../_base_/embedded.py"]
teacher = None
student = dict(
    train=dict(losses=[dict(type="InfoNCE", scale=14.3, learn_scale=True)]),
)
evaluation = dict(modes=["edge"])
