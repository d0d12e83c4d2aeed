"""The main job: distil with principal component mapping and feature relation.

The weights are the better of two mixes on the validation split; the released code's stand in
`distill_pcm_fr_paper_weights.py`.
"""

_base_ = ["_base_/embedded.py"]
student = dict(
    train=dict(
        task_weight=0.001,
        distillers=[dict(type="PCM", rank=50, weight=1.0), dict(type="FR", weight=0.05)],
    ),
)
