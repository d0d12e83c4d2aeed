"""The student of the main job with its own losses and no teacher."""

_base_ = ["../student_only.py"]
