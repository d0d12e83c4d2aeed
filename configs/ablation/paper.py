"""PCM and FR at the weights of the released code."""

_base_ = ["../distill_pcm_fr_paper_weights.py"]
