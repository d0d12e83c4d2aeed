"""QrCM-ReID and the three text-based sets that it is made of: data, operators, tasks."""

from reidbench_registry import Registrar, hookimpl


@hookimpl
def reidbench_register(catalog: Registrar) -> None:
    catalog.add("dataset", "CUHK-PEDES", "reidbench_qrcm.text_sets:CuhkPedes")
    catalog.add("dataset", "ICFG-PEDES", "reidbench_qrcm.text_sets:IcfgPedes")
    catalog.add("dataset", "RSTPReid", "reidbench_qrcm.text_sets:RstpReid")
    catalog.add("dataset", "QrCM", "reidbench_qrcm.dataset:QrCM")
    catalog.add("dataset", "QrCM-joint", "reidbench_qrcm.joint:QrCMJoint")
    catalog.add("dataset", "QrCM-table", "reidbench_qrcm.authors_csv:QrCMTable")
    catalog.add("transform", "ChannelMix", "reidbench_qrcm.operators:ChannelMix")
    catalog.add("transform", "LineSketch", "reidbench_qrcm.operators:LineSketch")
    catalog.add("task", "ir2rgb", "reidbench_qrcm.tasks:ir2rgb")
    catalog.add("task", "sketch2rgb", "reidbench_qrcm.tasks:sketch2rgb")
    catalog.add("task", "text2rgb", "reidbench_qrcm.tasks:text2rgb")
    catalog.add("protocol", "qrcm/distill", "reidbench_qrcm.tasks:qrcm_distill")
    catalog.add("protocol", "qrcm/aio-all", "reidbench_qrcm.tasks:qrcm_aio_all")
    catalog.add("protocol", "qrcm/strict", "reidbench_qrcm.tasks:qrcm_strict")
    catalog.add("protocol", "text-to-image", "reidbench_qrcm.tasks:text_to_image")
