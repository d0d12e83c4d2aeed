"""In the style of BoT (Luo et al., CVPRW 2019) on the images of QrCM-ReID: ResNet-50, 256 x 128,
BNNeck, smoothed ID and triplet loss. It embeds no text."""

_base_ = ["../_base_/qrcm.py"]
teacher = None
student = dict(
    backbone=dict(
        _delete_=True,
        type="TimmImage",
        model="resnet50.tv_in1k",
        pretrained=True,
        image_size=[256, 128],
    ),
    neck="bn",
    tap="after",
    train=dict(
        optimizer=dict(type="Adam", lr=3.5e-4, weight_decay=5e-4),
        sampler=dict(type="PKModality", p=16, k=4),
        losses=[dict(type="ID", label_smoothing=0.1), dict(type="Triplet", margin=0.3)],
        augment=[
            dict(type="RandomHorizontalFlip"),
            dict(type="PadCrop"),
            dict(type="RandomErasing"),
        ],
    ),
)
evaluation = dict(modes=["edge"])
