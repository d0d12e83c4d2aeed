"""Helpers for the harness and for plugins. Of the harness, plugins import only this package."""
