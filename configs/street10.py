"""The main job on a few real photos in the CUHK-PEDES layout: a smoke run, not a benchmark.

The folder lies beside the checkout; for another one:
--cfg-options data.root=DIR
"""

_base_ = ["distill_pcm_fr.py"]
data = dict(_delete_=True, type="QrCM", root="../shared/data/street10")
teacher = dict(train=dict(steps=20, sampler=dict(p=4)))
student = dict(train=dict(steps=40, sampler=dict(p=4)))
