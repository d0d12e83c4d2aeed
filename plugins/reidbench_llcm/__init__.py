"""LLCM: visible and near infrared photos in the dark, its tasks."""

from reidbench_registry import Registrar, hookimpl


@hookimpl
def reidbench_register(catalog: Registrar) -> None:
    catalog.add("dataset", "LLCM", "reidbench_llcm.dataset:LLCM")
    catalog.add("task", "llcm/ir2rgb", "reidbench_llcm.tasks:ir2rgb")
    catalog.add("task", "llcm/rgb2ir", "reidbench_llcm.tasks:rgb2ir")
    catalog.add("task", "llcm/rgb2ir-released", "reidbench_llcm.tasks:rgb2ir_released")
    catalog.add("protocol", "llcm/released", "reidbench_llcm.tasks:llcm_released")
    catalog.add("protocol", "llcm", "reidbench_llcm.tasks:llcm")
