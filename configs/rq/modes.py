"""RQ4: cloud, edge and edge-cloud of the main job."""

_base_ = ["../distill_pcm_fr.py"]
sweep = dict(seeds=[0, 1, 2, 3, 4])
