"""In the style of BoT (Luo et al., CVPRW 2019): a timm CNN with a BNNeck, smoothed ID and triplet
loss. It embeds no text, so the tasks with text are left out."""

_base_ = ["../_base_/embedded.py"]
teacher = None
student = dict(
    backbone=dict(_delete_=True, type="TimmImage", model="resnet10t", image_size=[64, 32]),
    neck="bn",
    tap="after",
    train=dict(
        losses=[dict(type="ID", label_smoothing=0.1), dict(type="Triplet", margin=0.3)],
        augment=[dict(type="RandomHorizontalFlip"), dict(type="RandomErasing")],
    ),
)
evaluation = dict(modes=["edge"])
