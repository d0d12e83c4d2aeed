"""Distillers of MLLMEmbed-ReID: cosine, principal component mapping, feature relation."""

from reidbench_registry import Registrar, hookimpl


@hookimpl
def reidbench_register(catalog: Registrar) -> None:
    catalog.add("distiller", "Cosine", "reidbench_distillers.cosine:Cosine")
    catalog.add("distiller", "FeatureMSE", "reidbench_distillers.cosine:FeatureMSE")
    catalog.add("distiller", "PCM", "reidbench_distillers.pcm:PCM")
    catalog.add("distiller", "FR", "reidbench_distillers.fr:FR")
