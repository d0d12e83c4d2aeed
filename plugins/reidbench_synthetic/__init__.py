"""Synthetic pedestrians: a small drawn world in four modalities."""

from reidbench_registry import Registrar, hookimpl


@hookimpl
def reidbench_register(catalog: Registrar) -> None:
    catalog.add(
        "dataset", "SyntheticPedestrians", "reidbench_synthetic.dataset:SyntheticPedestrians"
    )
