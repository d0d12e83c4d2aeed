"""Multimodal-LLM teacher."""

from reidbench_registry import Registrar, hookimpl


@hookimpl
def reidbench_register(catalog: Registrar) -> None:
    catalog.add("backbone", "QwenVL", "reidbench_mllm.qwenvl:QwenVL")
