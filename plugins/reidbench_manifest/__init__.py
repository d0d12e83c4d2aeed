"""One's own data: any table of items."""

from reidbench_registry import Registrar, hookimpl


@hookimpl
def reidbench_register(catalog: Registrar) -> None:
    catalog.add("dataset", "Manifest", "reidbench_manifest.dataset:Manifest")
