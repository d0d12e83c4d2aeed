"""In the style of TBPS-CLIP (Cao et al., AAAI 2024): InfoNCE with a learned scale over pairs of one
identity, augmented pictures and captions."""

_base_ = ["../_base_/embedded.py"]
teacher = None
student = dict(
    train=dict(
        losses=[dict(type="InfoNCE", scale=14.3, learn_scale=True)],
        augment=[
            dict(type="RandomHorizontalFlip"),
            dict(type="RandomErasing"),
            dict(type="TokenDropout"),
        ],
    ),
)
evaluation = dict(modes=["edge"])
