"""The student of the main job with its own losses and no teacher."""

_base_ = ["../student_only.py"]
student = dict(backbone=dict(pretrained="embedded"))
