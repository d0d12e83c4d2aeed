"""Omni-scale image student and circle loss for reidbench."""

from reidbench_registry import Registrar, hookimpl

REIDBENCH_API = (1, 0)


@hookimpl
def reidbench_register(catalog: Registrar) -> None:
    catalog.add("backbone", "OSNet", "reidbench_osnet.osnet:OSNet")
    catalog.add("loss", "Circle", "reidbench_osnet.circle:Circle")
