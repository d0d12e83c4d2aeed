"""The teacher of the main job, without a student."""

_base_ = ["../_base_/embedded.py"]
student = None
evaluation = dict(modes=["cloud"])
