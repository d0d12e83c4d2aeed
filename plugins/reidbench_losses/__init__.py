"""Training losses over labelled features."""

from reidbench_registry import Registrar, hookimpl

ENTRIES = {
    "ID": "id:ID",
    "Triplet": "triplet:Triplet",
    "SDM": "sdm:SDM",
    "InfoNCE": "info_nce:InfoNCE",
    "Circle": "circle:Circle",
    "HeteroCentreTriplet": "centres:HeteroCentreTriplet",
    "Center": "centres:Center",
    "ArcFace": "margin_softmax:ArcFace",
    "CosFace": "margin_softmax:CosFace",
    "TAL": "tal:TAL",
}


@hookimpl
def reidbench_register(catalog: Registrar) -> None:
    for name, target in ENTRIES.items():
        catalog.add("loss", name, f"reidbench_losses.{target}")
