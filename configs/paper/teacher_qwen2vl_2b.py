"""The paper's teacher: attention of all layers adapted. Mode `cloud` alone trains no student.

The weights come from the Hugging Face hub, or from a local folder; the data sets lie below `data/`,
or elsewhere: --cfg-options teacher.backbone.weights=DIR "data.roots=['DIR', ...]"

Four batches a step are four GPUs of the paper, or one with patience.
"""

_base_ = ["_base_/qrcm.py"]
evaluation = dict(modes=["cloud"])
