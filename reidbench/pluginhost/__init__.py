"""The installed plugins: discovered, loaded one by one, and their hooks called."""

from .host import DISABLE, STRICT, PluginHost
from .load import PluginStatus

__all__ = ["DISABLE", "STRICT", "PluginHost", "PluginStatus"]
