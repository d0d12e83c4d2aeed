"""Adapted: every linear layer of each 4th block and the last of both towers, and the merger."""

_base_ = ["teacher_qwen2vl_2b.py"]
teacher = dict(backbone=dict(lora=dict(scheme="hier_every4")))
