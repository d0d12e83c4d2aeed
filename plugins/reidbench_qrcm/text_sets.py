"""CUHK-PEDES, ICFG-PEDES and RSTPReid as their authors distribute them: photos and captions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from reidbench.tools import arguments
from reidbench.tools.digests import file_digest
from reidbench.tools.problems import Problems, raise_all
from reidbench_registry import DataError, DatasetCard, Record, Track

from . import annotations, folders
from .annotations import Photo
from .skeleton import write
from .sources import SOURCES, Source


class TextSet:
    """A set of photos, each with its captions.

    The card's revision is the hash of the annotation file. An image and its captions have the same
    `instance_id`: the photo."""

    source: Source

    def __init__(self, root: str | Path) -> None:
        self._root = arguments.path(self.source.name, "root", root)
        self.notes: list[str] = []
        """Set by `prepare`"""
        self.card = DatasetCard(
            name=self.source.name,
            revision="unread",
            licence=self.source.licence,
            citation=self.source.citation,
            modalities=("rgb", "text"),
            description="Photos of pedestrians with captions.",
            access=self.source.access,
            counts=self.source.counts,
            protocols=("text-to-image",),
        )

    @classmethod
    def conformance(cls, folder: Path) -> dict[str, str]:
        """Arguments for the conformance kit: a few people in this set's layout."""
        write(folder, cls.source)
        return {"root": str(folder)}

    def prepare(self, cache: Path, track: Track) -> Sequence[Record]:
        """The index, in the order of the annotation file. Raises DataError naming everything that
        is missing or wrong."""
        path, photos = read(self._root, self.source)
        revision = file_digest(path)[:12]
        self.card = replace(self.card, revision=revision)
        self.notes = annotations.notes(photos, self.source)
        return [r for photo in photos for r in records(photo, self.source, self._root)]


def read(root: Path, source: Source) -> tuple[Path, list[Photo]]:
    """The annotation file below `root` and its photos, whose files all exist.

    Raises DataError naming every mistake in the list and every missing photo."""
    if not root.is_dir():
        raise DataError(f"data root not found: {root}")
    path = annotations.find(root, source)
    problems = Problems(path)
    photos = annotations.read(path, source, problems)
    raise_all(problems, folders.check_present(root / "imgs", photos))
    return path, photos


def records(
    photo: Photo,
    source: Source,
    root: Path,
    dataset: str | None = None,
    captions: int | None = None,
) -> list[Record]:
    """The photo's own record, then one for each of its first `captions` captions (None: all)."""

    def record(suffix: str, modality: str, **more) -> Record:
        return Record(
            item_id=f"{photo.file}#{suffix}",
            dataset=dataset or source.name,
            split=photo.split,
            modality=modality,
            pid=photo.pid,
            camera_id=source.camera_of(photo.file),
            instance_id=photo.file,
            **more,
        )

    return [
        record("rgb", "rgb", path=root / "imgs" / photo.file),
        *(
            record(f"text{i}", "text", text=caption, caption_idx=i)
            for i, caption in enumerate(photo.captions[:captions])
        ),
    ]


class CuhkPedes(TextSet):
    """CUHK-PEDES: `reid_raw.json` (newer copies: `caption_all.json`) and `imgs/` with the seven
    folders cam_a, cam_b, CUHK01, CUHK03, Market, test_query and train_query.

    root: the folder that contains them. Cameras are unknown: the folders are sources. Copies sent
    since 2022 lack some folders; the error lists them. Raises ConfigError for a wrong argument."""

    source = SOURCES["cuhk-pedes"]

    def __init__(self, root: str | Path) -> None:
        super().__init__(root)


class IcfgPedes(TextSet):
    """ICFG-PEDES: `ICFG-PEDES.json` (or `ICFG_PEDES.json`) and `imgs/train`, `imgs/test`, which are
    the folders of MSMT17, not the splits.

    root: the folder that contains them. Cameras come from the file names of MSMT17. There is no val
    split. Raises ConfigError for a wrong argument."""

    source = SOURCES["icfg-pedes"]

    def __init__(self, root: str | Path) -> None:
        super().__init__(root)


class RstpReid(TextSet):
    """RSTPReid: `data_captions.json` and `imgs/0000_c14_0031.jpg`.

    root: the folder that contains them. Cameras come from the file names. Raises ConfigError for a
    wrong argument."""

    source = SOURCES["rstpreid"]

    def __init__(self, root: str | Path) -> None:
        super().__init__(root)
