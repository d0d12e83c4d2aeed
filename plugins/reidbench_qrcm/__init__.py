"""QrCM-ReID: the data, the operators that derive its modalities, its tasks and protocol."""

from reidbench_registry import Registrar, hookimpl


@hookimpl
def reidbench_register(catalog: Registrar) -> None:
    catalog.add("dataset", "QrCM", "reidbench_qrcm.dataset:QrCM")
    catalog.add("transform", "ChannelMix", "reidbench_qrcm.operators:ChannelMix")
    catalog.add("transform", "LineSketch", "reidbench_qrcm.operators:LineSketch")
    catalog.add("task", "ir2rgb", "reidbench_qrcm.tasks:ir2rgb")
    catalog.add("task", "sketch2rgb", "reidbench_qrcm.tasks:sketch2rgb")
    catalog.add("task", "text2rgb", "reidbench_qrcm.tasks:text2rgb")
    catalog.add("protocol", "qrcm/distill", "reidbench_qrcm.tasks:qrcm_distill")
