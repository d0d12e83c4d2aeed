"""SYSU-MM01: visible-infrared data, its tasks and protocols."""

from reidbench_registry import Registrar, hookimpl


@hookimpl
def reidbench_register(catalog: Registrar) -> None:
    catalog.add("dataset", "SYSU-MM01", "reidbench_sysu.dataset:SysuMM01")
    catalog.add("task", "sysu-mm01/all", "reidbench_sysu.tasks:all_search")
    catalog.add("task", "sysu-mm01/indoor", "reidbench_sysu.tasks:indoor_search")
    catalog.add("protocol", "sysu-mm01/official", "reidbench_sysu.tasks:official")
    catalog.add("protocol", "sysu-mm01/python-seeded", "reidbench_sysu.tasks:python_seeded")
