"""No distiller: the student alone, on the same images per step."""

_base_ = ["../_base_/embedded.py"]
student = dict(train=dict(task_weight=1.0, distillers=[]))
