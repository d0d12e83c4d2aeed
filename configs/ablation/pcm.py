"""Principal component mapping alone."""

_base_ = ["../_base_/embedded.py"]
student = dict(train=dict(task_weight=0.001, distillers=[dict(type="PCM", rank=50, weight=1.0)]))
