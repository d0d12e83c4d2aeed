"""In the style of IRRA (Jiang and Ye, CVPR 2023): SDM and ID on CLIP, without its masked language
model."""

_base_ = ["../_base_/embedded.py"]
teacher = None
student = dict(
    neck="bn",
    tap="before",
    train=dict(losses=[dict(type="SDM", scale=50), dict(type="ID")]),
)
evaluation = dict(modes=["edge"])
