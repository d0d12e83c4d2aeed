"""Adapted: every linear layer of both towers and the merger."""

_base_ = ["teacher_qwen2vl_2b.py"]
teacher = dict(backbone=dict(lora=dict(scheme="all-linear")))
