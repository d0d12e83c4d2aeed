"""CLIP student."""

from reidbench_registry import Registrar, hookimpl


@hookimpl
def reidbench_register(catalog: Registrar) -> None:
    catalog.add("backbone", "OpenCLIP", "reidbench_clip.openclip:OpenCLIP")
