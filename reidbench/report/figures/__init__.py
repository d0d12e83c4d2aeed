"""A report as figures and a table for a paper."""

from .draw import draw

__all__ = ["draw"]
