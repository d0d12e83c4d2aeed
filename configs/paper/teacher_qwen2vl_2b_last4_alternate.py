"""Adapted: as in the paper, and the MLPs of the last four and every second block."""

_base_ = ["teacher_qwen2vl_2b.py"]
teacher = dict(backbone=dict(lora=dict(scheme="hier_last4_alternate")))
