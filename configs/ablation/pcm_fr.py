"""PCM and FR, at the weights of the main job."""

_base_ = ["../distill_pcm_fr.py"]
