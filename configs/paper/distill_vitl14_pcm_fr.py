"""The line that is active in the released script: PCM and FR without the cosine."""

_base_ = ["_base_/qrcm.py"]
student = dict(
    train=dict(
        task_weight=0.01,
        distillers=[dict(type="PCM", rank=50, weight=0.49), dict(type="FR", weight=0.50)],
    ),
)
