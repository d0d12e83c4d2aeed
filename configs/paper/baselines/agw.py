"""In the style of AGW for visible and infrared (Ye et al., TPAMI 2021) with channel augmentation
(ICCV 2021) on the images of QrCM-ReID: ResNet-50, 288 x 144, BNNeck, hetero-centre triplets."""

_base_ = ["bot.py"]
student = dict(
    backbone=dict(image_size=[288, 144], projection="shared"),
    train=dict(
        optimizer=dict(_delete_=True, type="SGD", lr=0.1, momentum=0.9, weight_decay=5e-4),
        losses=[dict(type="ID", label_smoothing=0.1), dict(type="HeteroCentreTriplet")],
        augment=[
            dict(type="ChannelAugmentation"),
            dict(type="RandomHorizontalFlip"),
            dict(type="PadCrop"),
            dict(type="RandomErasing"),
        ],
    ),
)
