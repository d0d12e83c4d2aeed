"""Market-1501: visible photos, the baseline that cross-modal sets are compared with."""

from reidbench_registry import Registrar, hookimpl


@hookimpl
def reidbench_register(catalog: Registrar) -> None:
    catalog.add("dataset", "Market-1501", "reidbench_market.dataset:Market1501")
    catalog.add("task", "market-1501/rgb2rgb", "reidbench_market.tasks:rgb2rgb")
    catalog.add("protocol", "market-1501", "reidbench_market.tasks:market_1501")
