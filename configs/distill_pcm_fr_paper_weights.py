"""PCM and FR at the weights that the released code runs (0.49 and 0.50)."""

_base_ = ["_base_/embedded.py"]
student = dict(
    train=dict(
        task_weight=0.001,
        distillers=[dict(type="PCM", rank=50, weight=0.49), dict(type="FR", weight=0.50)],
    ),
)
