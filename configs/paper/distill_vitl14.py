"""The paper's distillation: cosine, PCM and FR on the warm-started student."""

_base_ = ["_base_/qrcm.py"]
student = dict(
    train=dict(
        task_weight=0.01,
        distillers=[
            dict(type="Cosine", weight=0.29),
            dict(type="PCM", rank=50, weight=0.35),
            dict(type="FR", weight=0.35),
        ],
    ),
)
