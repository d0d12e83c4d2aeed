"""The paper's teacher: attention of all layers adapted. Mode `cloud` alone trains no student.

The weights come from the Hugging Face hub, or from a local folder:
--cfg-options teacher.backbone.weights=DIR data.root=DIR
"""

_base_ = ["_base_/qrcm.py"]
evaluation = dict(modes=["cloud"])
