"""Samplers that form training batches."""

from reidbench_registry import Registrar, hookimpl


@hookimpl
def reidbench_register(catalog: Registrar) -> None:
    catalog.add("sampler", "PKModality", "reidbench_samplers.pk_modality:PKModality")
    catalog.add("sampler", "Uniform", "reidbench_samplers.uniform:Uniform")
