"""RegDB: visible and thermal photos, its tasks in both directions."""

from reidbench_registry import Registrar, hookimpl


@hookimpl
def reidbench_register(catalog: Registrar) -> None:
    catalog.add("dataset", "RegDB", "reidbench_regdb.dataset:RegDB")
    catalog.add("task", "regdb/visible2thermal", "reidbench_regdb.tasks:visible2thermal")
    catalog.add("task", "regdb/thermal2visible", "reidbench_regdb.tasks:thermal2visible")
    catalog.add("protocol", "regdb/identity-cmc", "reidbench_regdb.tasks:regdb_identity_cmc")
    catalog.add("protocol", "regdb", "reidbench_regdb.tasks:regdb")
