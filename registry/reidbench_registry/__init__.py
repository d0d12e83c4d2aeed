"""The contract between reidbench and its plugins: kinds, catalogue, interfaces, types, errors.

Light on purpose: a plugin package imports this at discovery, before torch is wanted.
"""

from .catalog import Catalog, Entry, Owner, Registrar
from .composite import composite
from .deployment import Deployable, ImageInput, TextInput
from .errors import (
    AmbiguousEntryError,
    CheckFailed,
    ConfigError,
    DataError,
    PluginError,
    ReidbenchError,
    UnknownEntryError,
    did_you_mean,
)
from .garbage import gc_paused
from .hookspecs import API_VERSION, ENTRY_POINT_GROUP, hookimpl
from .interfaces import Backbone, Dataset, Distiller, Loss, Metric, Sampler, Transform
from .kinds import COMPOSITE_SEPARATOR, KINDS, MODALITIES, MODALITY_CODE, SUPPLIED
from .runs import ReportSection, RunInfo, RunResult, StageInfo
from .types import (
    EXCLUSIONS,
    DatasetCard,
    EvalProtocol,
    Exclusion,
    Ranks,
    Record,
    Selector,
    Task,
    Track,
    Trials,
    fingerprint,
)

__all__ = [
    "API_VERSION",
    "COMPOSITE_SEPARATOR",
    "ENTRY_POINT_GROUP",
    "EXCLUSIONS",
    "KINDS",
    "MODALITIES",
    "MODALITY_CODE",
    "SUPPLIED",
    "AmbiguousEntryError",
    "Backbone",
    "Catalog",
    "CheckFailed",
    "ConfigError",
    "DataError",
    "Dataset",
    "DatasetCard",
    "Deployable",
    "Distiller",
    "Entry",
    "EvalProtocol",
    "Exclusion",
    "ImageInput",
    "Loss",
    "Metric",
    "Owner",
    "PluginError",
    "Ranks",
    "Record",
    "Registrar",
    "ReidbenchError",
    "ReportSection",
    "RunInfo",
    "RunResult",
    "Sampler",
    "Selector",
    "StageInfo",
    "Task",
    "TextInput",
    "Track",
    "Transform",
    "Trials",
    "UnknownEntryError",
    "composite",
    "did_you_mean",
    "fingerprint",
    "gc_paused",
    "hookimpl",
]
