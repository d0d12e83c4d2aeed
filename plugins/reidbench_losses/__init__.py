"""Training losses over labelled features."""

from reidbench_registry import Registrar, hookimpl


@hookimpl
def reidbench_register(catalog: Registrar) -> None:
    catalog.add("loss", "ID", "reidbench_losses.id:ID")
    catalog.add("loss", "Triplet", "reidbench_losses.triplet:Triplet")
    catalog.add("loss", "SDM", "reidbench_losses.sdm:SDM")
