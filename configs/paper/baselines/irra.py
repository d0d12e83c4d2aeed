"""In the style of IRRA (Jiang and Ye, CVPR 2023) on QrCM-ReID: ViT-B/16, 384 x 128, SDM at a
temperature of 0.02 and ID, without its masked language model."""

_base_ = ["../_base_/qrcm.py"]
teacher = None
student = dict(
    backbone=dict(model="ViT-B-16", pretrained="openai", image_size=[384, 128], embed_dim=None),
    neck="bn",
    tap="before",
    train=dict(
        optimizer=dict(type="Adam", lr=1e-5),
        losses=[dict(type="SDM", scale=50), dict(type="ID")],
        augment=[
            dict(type="RandomHorizontalFlip"),
            dict(type="PadCrop"),
            dict(type="RandomErasing"),
        ],
    ),
)
evaluation = dict(modes=["edge"])
