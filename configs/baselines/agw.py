"""In the style of AGW for visible and infrared (Ye et al., TPAMI 2021; ICCV 2021): a timm CNN with
a BNNeck, hetero-centre triplets and channel augmentation. It embeds no text."""

_base_ = ["../_base_/embedded.py"]
teacher = None
student = dict(
    backbone=dict(
        _delete_=True, type="TimmImage", model="resnet10t", image_size=[64, 32], projection="shared"
    ),
    neck="bn",
    tap="after",
    train=dict(
        losses=[dict(type="ID", label_smoothing=0.1), dict(type="HeteroCentreTriplet")],
        augment=[
            dict(type="ChannelAugmentation"),
            dict(type="RandomHorizontalFlip"),
            dict(type="RandomErasing"),
        ],
    ),
)
evaluation = dict(modes=["edge"])
