"""The installed plugins: discovered, loaded one by one, and their hooks called."""

from .failures import EntryFailed, blamed_on, broken_contract, label_of, labelled
from .host import DISABLE, STRICT, PluginHost
from .load import PluginStatus

__all__ = [
    "DISABLE",
    "STRICT",
    "EntryFailed",
    "PluginHost",
    "PluginStatus",
    "blamed_on",
    "broken_contract",
    "label_of",
    "labelled",
]
