"""Retrieval metrics from the ranks of the positives."""

from reidbench_registry import Registrar, hookimpl


@hookimpl
def reidbench_register(catalog: Registrar) -> None:
    catalog.add("metric", "CMC", "reidbench_metrics.cmc:CMC")
    catalog.add("metric", "mAP", "reidbench_metrics.map:MAP")
    catalog.add("metric", "mINP", "reidbench_metrics.minp:MINP")
