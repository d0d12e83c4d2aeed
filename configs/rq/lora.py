"""RQ5: which layers of the teacher are adapted, against training all of its weights."""

_base_ = ["../_base_/embedded.py"]
_backbone = "teacher.backbone"
_scheme = f"{_backbone}.lora.scheme"
student = None
evaluation = dict(modes=["cloud"])
sweep = dict(
    seeds=[0, 1, 2],
    cases={
        "attention": {},
        "hier_every4": {_scheme: "hier_every4"},
        "hier_last2": {_scheme: "hier_last2"},
        "hier_last4_alternate": {_scheme: "hier_last4_alternate"},
        "all-linear": {_scheme: "all-linear"},
        "all weights": {f"{_backbone}.lora": None, f"{_backbone}.train_base": True},
        "no training": {"teacher.train": None},
    },
    baseline={"case": "attention"},
)
