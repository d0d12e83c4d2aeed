"""All three distillers, at the weights of the released code's line with all three."""

_base_ = ["../_base_/embedded.py"]
student = dict(
    train=dict(
        task_weight=0.001,
        distillers=[
            dict(type="Cosine", weight=0.29),
            dict(type="PCM", rank=50, weight=0.35),
            dict(type="FR", weight=0.35),
        ],
    ),
)
