"""Students that any model of timm becomes."""

from reidbench_registry import Registrar, hookimpl


@hookimpl
def reidbench_register(catalog: Registrar) -> None:
    catalog.add("backbone", "TimmImage", "reidbench_timm.timm_image:TimmImage")
