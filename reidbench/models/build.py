"""From a section of the config to a model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import torch

from reidbench_registry import Backbone
from reidbench_registry.signature import Signature

from ..config.schema import Student, Teacher
from .model import ReIDModel

Create = Callable[..., Any]
"""(kind, config) -> the object that an entry's config describes"""
S = TypeVar("S", Teacher, Student)


def build_backbone(create: Create, section: Teacher | Student, seed: int) -> Backbone:
    """The section's backbone; its random weights depend on the seed alone."""
    torch.manual_seed(seed)
    return create("backbone", section.backbone)


def build_model(create: Create, section: Teacher | Student, seed: int) -> ReIDModel:
    """The section's backbone and neck, without a classifier: a model to embed with."""
    return ReIDModel(build_backbone(create, section, seed), section.neck, section.tap)


def with_teacher_dim(section: S, takes: Signature, teacher_dim: int) -> S:
    """The one rule about a student's dimension: a backbone that takes `embed_dim` and has none in
    the config gets the teacher's; any other keeps its own."""
    if section.backbone.get("embed_dim") is not None or "embed_dim" not in takes.parameters:
        return section
    return replace(section, backbone=section.backbone | {"embed_dim": teacher_dim})
