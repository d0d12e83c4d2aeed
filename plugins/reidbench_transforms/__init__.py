"""Augmentations of person re-identification, for images and captions."""

from reidbench_registry import Registrar, hookimpl


@hookimpl
def reidbench_register(catalog: Registrar) -> None:
    catalog.add(
        "transform", "RandomHorizontalFlip", "reidbench_transforms.flip:RandomHorizontalFlip"
    )
    catalog.add("transform", "PadCrop", "reidbench_transforms.pad_crop:PadCrop")
    catalog.add("transform", "RandomErasing", "reidbench_transforms.erasing:RandomErasing")
    catalog.add("transform", "ColorJitter", "reidbench_transforms.jitter:ColorJitter")
    catalog.add(
        "transform", "ChannelAugmentation", "reidbench_transforms.channels:ChannelAugmentation"
    )
    catalog.add("transform", "TokenDropout", "reidbench_transforms.tokens:TokenDropout")
