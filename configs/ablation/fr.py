"""Feature relation alone."""

_base_ = ["../_base_/embedded.py"]
student = dict(train=dict(task_weight=0.001, distillers=[dict(type="FR", weight=1.0)]))
