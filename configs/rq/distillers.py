"""RQ3: what each distiller gives, from random weights and from the student's foundation."""

_base_ = ["../_base_/embedded.py"]
_distillers = "student.train.distillers"
student = dict(train=dict(task_weight=0.001))
sweep = dict(
    seeds=[0, 1, 2, 3, 4],
    cases={
        "none": {_distillers: [], "student.train.task_weight": 1.0},
        "MSE": {_distillers: [dict(type="FeatureMSE", weight=100.0)]},
        "cosine": {_distillers: [dict(type="Cosine")]},
        "PCM": {_distillers: [dict(type="PCM", rank=50)]},
        "FR": {_distillers: [dict(type="FR")]},
        "PCM 1.0 + FR 0.05": {
            _distillers: [dict(type="PCM", rank=50), dict(type="FR", weight=0.05)]
        },
        "cosine 0.29 + PCM 0.35 + FR 0.35": {
            _distillers: [
                dict(type="Cosine", weight=0.29),
                dict(type="PCM", rank=50, weight=0.35),
                dict(type="FR", weight=0.35),
            ]
        },
        "PCM 0.49 + FR 0.50": {
            _distillers: [dict(type="PCM", rank=50, weight=0.49), dict(type="FR", weight=0.50)]
        },
    },
    grid={"student.backbone.pretrained": {"foundation": "embedded", "random": None}},
    baseline={"case": "cosine"},
)
