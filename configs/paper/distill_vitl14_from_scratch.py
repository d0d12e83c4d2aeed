"""The released from-scratch variant: squared errors, modality by modality, from OpenAI's CLIP."""

_base_ = ["_base_/qrcm.py"]
student = dict(
    backbone=dict(pretrained="openai"),
    train=dict(
        # No rate is given for it: that of the student alone.
        optimizer=dict(lr=5e-5),
        # How the task's losses are weighted against the four terms is not given either.
        task_weight=1.0,
        distillers=[
            dict(type="FeatureMSE", weight=0.15, per_modality=True),
            dict(type="PCM", weight=0.30, rank=50, form="mse", per_modality=True),
            dict(type="FR", weight=0.25, form="mse", per_modality=True),
            dict(type="Cosine", weight=0.30, per_modality=True),
        ],
    ),
)
