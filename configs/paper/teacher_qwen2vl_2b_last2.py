"""Adapted: as in the paper, and the MLPs of the last two blocks of both towers."""

_base_ = ["teacher_qwen2vl_2b.py"]
teacher = dict(backbone=dict(lora=dict(scheme="hier_last2")))
