"""The three text-based sets that QrCM-ReID consists of, and how they differ.

Counts are the published ones: for CUHK-PEDES from its README and IRRA's loader (whose captions per
split sum to the README's 80440), for ICFG-PEDES and RSTPReid from their READMEs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

MSMT17 = re.compile(r"\d+_\d+_(\d+)_")
RSTP = re.compile(r"\d+_c(\d+)_")


@dataclass(frozen=True)
class Source:
    """A set of photos with captions."""

    name: str
    """as published, and the name of its folder"""
    annotations: tuple[str, ...]
    """possible names of its annotation file; the first one that exists is read"""
    path_field: str
    first_id: int
    splits: tuple[str, ...]
    licence: str
    access: str
    citation: str
    counts: Mapping[str, Mapping[str, int]]
    camera: re.Pattern[str] | None = None
    """matches a file's name up to the camera, which is group 1; None: the names have no camera"""

    def camera_of(self, file: str) -> str | None:
        """The camera of a photo; None where its name does not contain it."""
        match = self.camera.match(file.rpartition("/")[2]) if self.camera else None
        return str(int(match[1])) if match else None


def _counts(identities: int, rgb: int, text: int) -> dict[str, int]:
    return {"identities": identities, "rgb": rgb, "text": text}


SOURCES: dict[str, Source] = {
    "cuhk-pedes": Source(
        name="CUHK-PEDES",
        annotations=("reid_raw.json", "caption_all.json"),
        path_field="file_path",
        first_id=1,
        splits=("train", "val", "test"),
        licence="academic use only, no redistribution",
        access="request from a university address to the authors (Shuang Li, CUHK)",
        citation="Li et al., Person Search with Natural Language Description, CVPR 2017",
        counts={
            "train": _counts(11003, 34054, 68126),
            "val": _counts(1000, 3078, 6158),
            "test": _counts(1000, 3074, 6156),
        },
    ),
    "icfg-pedes": Source(
        name="ICFG-PEDES",
        annotations=("ICFG-PEDES.json", "ICFG_PEDES.json"),
        path_field="file_path",
        first_id=0,
        splits=("train", "test"),
        licence="research use, terms of MSMT17",
        access="mail to the authors (Zefeng Ding, South China University of Technology)",
        citation="Ding et al., Semantically Self-Aligned Network for Text-to-Image Part-aware "
        "Person Re-identification, arXiv 2107.12666",
        counts={"train": _counts(3102, 34674, 34674), "test": _counts(1000, 19848, 19848)},
        camera=MSMT17,
    ),
    "rstpreid": Source(
        name="RSTPReid",
        annotations=("data_captions.json",),
        path_field="img_path",
        first_id=0,
        splits=("train", "val", "test"),
        licence="research use, terms of MSMT17; annotations MIT",
        access="the authors' repository (NjtechCVLab/RSTPReid-Dataset) says how",
        citation="Zhu et al., DSSL: Deep Surroundings-person Separation Learning for Text-based "
        "Person Retrieval, ACM MM 2021",
        counts={
            "train": _counts(3701, 18505, 37010),
            "val": _counts(200, 1000, 2000),
            "test": _counts(200, 1000, 2000),
        },
        camera=RSTP,
    ),
}
