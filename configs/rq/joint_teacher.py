"""RQ1: one teacher for four modalities, or one for each pair with rgb. See the table by task."""

_base_ = ["../_base_/embedded.py"]
_modalities = "teacher.backbone.modalities"
student = None
evaluation = dict(modes=["cloud"])
sweep = dict(
    seeds=[0, 1, 2],
    cases={
        "all four": {_modalities: None},
        "rgb and ir": {_modalities: ["rgb", "ir"]},
        "rgb and sketch": {_modalities: ["rgb", "sketch"]},
        "rgb and text": {_modalities: ["rgb", "text"]},
    },
    baseline={"case": "all four"},
)
