"""QrCM-ReID: photos, captions, infrared and sketch versions, over the three text-based sets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from reidbench.tools import arguments
from reidbench.tools.digests import file_digest
from reidbench_registry import DataError, DatasetCard, Record, Track

from . import annotations, companions
from .annotations import Photo
from .companions import KINDS, OPERATORS, Version
from .skeleton import write
from .sources import SOURCES, Source
from .text_sets import read, records

VARIANTS = ("full", "strict")
Versions = dict[str, dict[str, Version]]
"""modality -> photo -> its version"""


class QrCM:
    """Reads the annotation file and `imgs/` of one of the three sets, with `imgs-IR/` and
    `imgs-sketch*/` where they are there.

    root: the folder that contains them; a relative path starts at the current directory.
    source: 'cuhk-pedes', 'icfg-pedes' or 'rstpreid'; None: the one whose annotation file is there.
    variant: 'full' uses every photo, and versions with any extension; 'strict' uses only photos
        whose infrared and sketch versions both have the same path, extension included, as the
        authors' code does.
    derive: for variant 'full': derive missing versions with ChannelMix and LineSketch; their
        records say so (`generated`). False: leave them out.
    captions: how many captions of each photo are used; None: all. The paper trains on one.
    seed: of the derived pictures.

    The strict rule explains why the paper has 17,278 train identities and not the 17,806 of the
    three sets together. We infer that the missing 528 are those of CUHK-PEDES whose photos are .bmp
    files and whose sketches are .jpg files; if so, its test split is smaller as well. `notes` say
    what was left out.

    Cameras are unknown in CUHK-PEDES: its folders are sources. The card's revision is the hash of
    the annotation file, with what else decides the index. Raises ConfigError for a wrong argument.
    """

    @classmethod
    def conformance(cls, folder: Path) -> dict[str, str]:
        """Arguments for the conformance kit: three people in the layout of CUHK-PEDES."""
        write(folder)
        return {"root": str(folder)}

    def __init__(
        self,
        root: str | Path,
        source: str | None = None,
        variant: str = "full",
        derive: bool = True,
        captions: int | None = None,
        seed: int = 0,
    ) -> None:
        self._root = arguments.path("QrCM", "root", root)
        self.source: Source | None = None
        """Which of the three; known after `prepare` where it was not given."""
        if source is not None:
            self.source = SOURCES[arguments.one_of("QrCM", "source", source, SOURCES)]
        self._strict = arguments.one_of("QrCM", "variant", variant, VARIANTS) == "strict"
        self._derive = arguments.boolean("QrCM", "derive", derive)
        if captions is not None:
            arguments.integer("QrCM", "captions", captions, 1)
        self._captions = captions
        self._seed = arguments.integer("QrCM", "seed", seed, 0)
        self.notes: list[str] = []
        """Set by `prepare`"""
        self.card = DatasetCard(
            name="QrCM-ReID",
            revision="unread",
            licence="that of the source; academic use",
            citation="arXiv 2602.12936; CUHK-PEDES: Li et al., CVPR 2017; ICFG-PEDES: Ding et al., "
            "arXiv 2107.12666; RSTPReid: Zhu et al., ACM MM 2021",
            modalities=("rgb", "ir", "sketch", "text"),
            description="Photos with captions, infrared and sketch versions of each.",
            access="the three sources from their authors, each on request; the paper's infrared "
            "and sketch versions from its authors",
            protocols=("qrcm/distill", "qrcm/aio-all", "qrcm/strict"),
        )

    def prepare(self, cache: Path, track: Track) -> Sequence[Record]:
        """The index; missing versions are derived below `cache`, one file at a time, and kept.

        Raises DataError naming everything that is missing or wrong in the annotations, or all
        photos that cannot be read."""
        self.source = source = self.source or self._present()
        path, photos = read(self._root, source)
        self.notes = annotations.notes(photos, source)
        if self._strict:
            versions = self._present_versions(photos, exact=True)
            photos = self._with_all(photos, versions)
        else:
            versions = self._present_versions(photos, exact=False)
            for kind in KINDS:
                self._complete(kind, photos, versions, cache, track)
        digest = file_digest(path)[:12]
        self.card = replace(self.card, revision=self._revision(digest, versions))
        return [r for photo in photos for r in self._records(photo, source, versions)]

    def _present(self) -> Source:
        if not self._root.is_dir():
            raise DataError(f"data root not found: {self._root}")
        for source in SOURCES.values():
            if any((self._root / name).is_file() for name in source.annotations):
                return source
        names = ", ".join(name for source in SOURCES.values() for name in source.annotations)
        raise DataError(f"annotation file not found: {self._root} has none of {names}")

    def _present_versions(self, photos: Sequence[Photo], exact: bool) -> Versions:
        return {k.modality: companions.find(self._root, k, photos, exact) for k in KINDS}

    def _with_all(self, photos: list[Photo], versions: Versions) -> list[Photo]:
        """Photos that have every version; `notes` say what the others lack, by folder."""
        kept, skipped = [], Counter()
        for photo in photos:
            lacking = [m for m, of_modality in versions.items() if photo.file not in of_modality]
            if lacking:
                folder = "/".join(filter(None, ("imgs", photo.file.rpartition("/")[0])))
                skipped[folder, f"no {' and no '.join(lacking)} at the same path"] += 1
            else:
                kept.append(photo)
        if not kept:
            raise DataError(f"{self._root}: no photo has all its versions (variant 'strict')")
        if skipped:
            without = {p.pid for p in photos} - {p.pid for p in kept}
            self.notes.append(
                f"strict: {len(photos) - len(kept)} of {len(photos)} photos skipped, and "
                f"{len(without)} identities with them"
            )
            self.notes += [f"strict: {f}: {n} skipped, {why}" for (f, why), n in skipped.items()]
        return kept

    def _complete(
        self,
        kind: companions.Kind,
        photos: list[Photo],
        versions: Versions,
        cache: Path,
        track: Track,
    ) -> None:
        """Derive the versions of one modality that are missing, or note them."""
        lacking = [p for p in photos if p.file not in versions[kind.modality]]
        if not lacking:
            return
        count = f"{len(lacking)} of {len(photos)}"
        if not self._derive:
            self.notes.append(f"{kind.modality}: {count} are missing")
            return
        made = companions.derive(self._root, kind, lacking, cache, self._seed, track)
        versions[kind.modality] |= made
        self.notes.append(f"{kind.modality}: {count} derived by {kind.operator}")

    def _revision(self, digest: str, versions: Versions) -> str:
        words = [digest]
        if self._strict:
            words.append("strict")
        if self._captions:
            words.append(f"captions{self._captions}")
        if any(v.operator for of_modality in versions.values() for v in of_modality.values()):
            # Other derived pictures are other data: a model trained on them must not be reused.
            made_by = dict.fromkeys(OPERATORS[kind.operator].version for kind in KINDS)
            words += [f"derived{'.'.join(map(str, made_by))}", f"seed{self._seed}"]
        return "-".join(words)

    def _records(self, photo: Photo, source: Source, versions: Versions) -> list[Record]:
        rgb, *texts = records(photo, source, self._root, self.card.name, self._captions)
        made = [
            replace(
                rgb,
                item_id=f"{photo.file}#{modality}",
                modality=modality,
                path=of_modality[photo.file].path,
                generated=of_modality[photo.file].operator,
            )
            for modality, of_modality in versions.items()
            if photo.file in of_modality
        ]
        return [rgb, *made, *texts]
