"""Configs: a file, read, overridden and checked whole before anything heavy is imported."""

from .check import resolve, resolve_trained
from .load import load
from .schema import Experiment

__all__ = ["Experiment", "load", "resolve", "resolve_trained"]
