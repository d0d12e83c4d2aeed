"""RQ3: what each distiller gives, from the student's foundation and from random weights."""

_base_ = ["../_base_/embedded.py"]
_distillers = "student.train.distillers"
_pcm, _fr = dict(type="PCM", rank=50), dict(type="FR")
student = dict(train=dict(task_weight=0.001))
sweep = dict(
    seeds=[0, 1, 2, 3, 4],
    cases={
        "none": {_distillers: [], "student.train.task_weight": 1.0},
        "cosine": {_distillers: [dict(type="Cosine")]},
        "PCM": {_distillers: [_pcm]},
        "PCM 1.0 + FR 0.05": {_distillers: [_pcm, dict(_fr, weight=0.05)]},
        "PCM 0.49 + FR 0.50": {_distillers: [dict(_pcm, weight=0.49), dict(_fr, weight=0.50)]},
        "cosine 0.29 + PCM 0.35 + FR 0.35": {
            _distillers: [
                dict(type="Cosine", weight=0.29),
                dict(_pcm, weight=0.35),
                dict(_fr, weight=0.35),
            ]
        },
        "FR": {_distillers: [_fr]},
        "MSE": {_distillers: [dict(type="FeatureMSE", weight=100.0)]},
    },
    grid={"student.backbone.pretrained": {"foundation": "embedded", "random": None}},
    baseline={"case": "cosine"},
)
