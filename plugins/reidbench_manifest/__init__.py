"""Own data and tasks: any table of items, any query -> gallery evaluation."""

from reidbench_registry import Registrar, hookimpl


@hookimpl
def reidbench_register(catalog: Registrar) -> None:
    catalog.add("dataset", "Manifest", "reidbench_manifest.dataset:Manifest")
    catalog.add("task", "Retrieval", "reidbench_manifest.tasks:retrieval")
    catalog.add("protocol", "Tasks", "reidbench_manifest.tasks:tasks")
