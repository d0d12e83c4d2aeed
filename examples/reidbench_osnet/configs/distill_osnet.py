"""The main job with an image-only student and its own loss."""

_base_ = ["distill_pcm_fr"]
student = dict(
    backbone=dict(_delete_=True, type="OSNet"),
    train=dict(
        losses=[dict(type="ID", weight=0.25), dict(type="reidbench_osnet.Circle", weight=0.01)]
    ),
)
