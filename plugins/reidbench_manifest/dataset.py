"""A data set from a manifest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from reidbench.tools import arguments
from reidbench.tools.companion_tables import read_composites, read_trials
from reidbench.tools.digests import file_digest
from reidbench.tools.files import whole_file
from reidbench.tools.guarded import is_file
from reidbench.tools.manifest import read_manifest
from reidbench_registry import MODALITIES, DataError, DatasetCard, Record, Track
from reidbench_registry.testing import draw


class Manifest:
    """The rows of a table (`.csv`, `.jsonl`, `.json` or `.parquet`): at least `item_id`, `split`,
    `modality`, `pid`, and `path` or `text`. Cameras and instances are optional; see
    `reidbench.tools.manifest`.

    path: the table; paths in it start at its folder.
    trials: a table of the galleries that the set's authors drew, for tasks with trials; None: only
        tasks that draw their own galleries.
    composites: a table of composite queries; None: each query is one item. For both tables see
        `reidbench.tools.companion_tables`.
    name: of the data set; None: the file's name.
    licence, citation, synthetic: for the card, which results carry.

    The card's revision is the hash of the table. Raises ConfigError for a wrong argument."""

    @classmethod
    def conformance(cls, folder: Path) -> dict[str, str]:
        """Arguments for the conformance kit: a picture and a caption for each split."""
        rows = ["item_id,split,modality,pid,path,text"]
        for pid, split in enumerate(("train", "val", "test")):
            draw(folder / f"{pid}.png", seed=pid)
            rows += [f"{pid}a,{split},rgb,p{pid},{pid}.png,", f"{pid}b,{split},text,p{pid},,a man"]
        table = folder / "mine.csv"
        with whole_file(table) as part:
            part.write_text("\n".join(rows) + "\n", encoding="utf-8")
        return {"path": str(table)}

    def __init__(
        self,
        path: str | Path,
        trials: str | Path | None = None,
        composites: str | Path | None = None,
        name: str | None = None,
        licence: str = "not given",
        citation: str = "not given",
        synthetic: bool = False,
    ) -> None:
        self._path = arguments.path("Manifest", "path", path)
        self._trials, self._composites = (
            None if table is None else arguments.path("Manifest", key, table)
            for key, table in (("trials", trials), ("composites", composites))
        )
        self.card = DatasetCard(
            name=self._path.stem if name is None else arguments.string("Manifest", "name", name),
            revision="unread",
            licence=arguments.string("Manifest", "licence", licence),
            citation=arguments.string("Manifest", "citation", citation),
            modalities=(),
            synthetic=arguments.boolean("Manifest", "synthetic", synthetic),
            description="Items of a table.",
        )

    def prepare(self, cache: Path, track: Track) -> Sequence[Record]:
        """The rows, in their order, then the composite queries. Raises DataError naming the file
        and the rows that are wrong, and for images that are not there."""
        records = read_manifest(self._path, self.card.name)
        absent = [r for r in records if r.path is not None and not is_file(r.path)]
        if absent:
            raise DataError(
                f"{self._path}: {len(absent)} files are not there, first {absent[0].path} "
                f"(item {absent[0].item_id!r})",
                (f"image not found: {r.path} (item {r.item_id!r})" for r in absent),
            )
        if self._trials:
            places = read_trials(self._trials, {r.item_id for r in records})
            records = [
                replace(r, extras={**r.extras, "trial_places": places[r.item_id]})
                if r.item_id in places
                else r
                for r in records
            ]
        modalities = {r.modality for r in records}
        if self._composites:
            records += read_composites(self._composites, {r.item_id: r for r in records})
        self.card = replace(
            self.card,
            revision=file_digest(self._path)[:12],
            modalities=tuple(m for m in MODALITIES if m in modalities),
        )
        return records
