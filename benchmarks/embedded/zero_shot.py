# ruff: noqa: C408 -- dict() is how configs of the field are written
"""What the student's foundation can do alone, without any training:

    reidbench run benchmarks/embedded/zero_shot.py

It stands in the teacher's place, as there a model may be used as its weights are.
"""

_base_ = ["../../configs/_base_/embedded.py"]
teacher = dict(
    _delete_=True,
    backbone=dict(type="OpenCLIP", model="embedded", pretrained="embedded"),
    neck="none",
    train=None,
)
student = None
evaluation = dict(modes=["cloud"])
