"""Distillation where labels are few: labelled identities x unlabelled people x distillers.

Unlabelled pictures and captions go to the distillers only, so the rows of `none` are the same with
and without them. Teacher and student see the same labels.
"""

_base_ = ["../_base_/embedded.py"]
_distillers = "student.train.distillers"
student = dict(train=dict(task_weight=0.001))
_half = {"student.train.sampler.p": 8, "student.train.unlabelled": dict(type="Uniform", size=64)}
sweep = dict(
    seeds=[0, 1, 2],
    cases={
        "none": {_distillers: [], "student.train.task_weight": 1.0},
        "cosine": {_distillers: [dict(type="Cosine")]},
        "PCM 1.0 + FR 0.05": {
            _distillers: [dict(type="PCM", rank=50), dict(type="FR", weight=0.05)]
        },
        "cosine, unlabelled": {_distillers: [dict(type="Cosine")], **_half},
        "PCM 1.0 + FR 0.05, unlabelled": {
            _distillers: [dict(type="PCM", rank=50), dict(type="FR", weight=0.05)],
            **_half,
        },
    },
    grid={"data.train": [100, 800]},
    baseline={"case": "none"},
)
data = dict(unlabelled=3200)
