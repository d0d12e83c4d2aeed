"""QrCM-ReID, from the table that its authors' script writes."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from reidbench.tools import arguments
from reidbench.tools.digests import file_digest
from reidbench.tools.files import whole_file
from reidbench.tools.guarded import TABLE, digits, is_file, open_file
from reidbench.tools.problems import Problems
from reidbench.tools.terminal import quoted
from reidbench.tools.text import clean_caption
from reidbench_registry import ConfigError, DataError, DatasetCard, Record, Track
from reidbench_registry.testing import draw

COLUMNS = (
    "image_path", "pid", "text", "modality", "ori_caption", "num_images", "camid", "split",
)  # fmt: skip
MODALITIES = {"RGB": "rgb", "IR": "ir", "sketch": "sketch", "text": "text"}
SPLITS = ("train", "val", "test")


class Row(NamedTuple):
    """A row of the table whose cells are valid."""

    number: int
    path: str
    pid: str
    modality: str
    caption: str
    instance: str
    split: str


class QrCMTable:
    """Reads the CSV of the released code (`utils/generate_mllm_data.py`): columns image_path, pid,
    text, modality, ori_caption, num_images, camid, split; one row for each item.

    csv: the table.
    root: replaces `strip` at the beginning of each path; None: paths are used as they are.
    strip: the beginning of the paths on the machine that wrote the table.

    `camid` numbers the photos and is not a camera: here it is the instance. `text` contains the
    authors' prompt and is not used, as prompts belong to the model. Raises ConfigError for a wrong
    argument."""

    @classmethod
    def conformance(cls, folder: Path) -> dict[str, str]:
        """Arguments for the conformance kit: three people."""
        table = folder / "aio.csv"
        with whole_file(table) as part, part.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            for pid, split in enumerate(SPLITS):
                for name in ("RGB", "IR", "sketch"):
                    picture = draw(folder / name / f"{pid}.png", seed=pid)
                    writer.writerow([picture, pid, "Embed this.", name, "", 1, pid, split])
                writer.writerow(["", pid, "Embed this.", "text", "A man.", 0, pid, split])
        return {"csv": str(table)}

    def __init__(self, csv: str | Path, root: str | Path | None = None, strip: str = "") -> None:
        self._csv = arguments.path("QrCM-table", "csv", csv)
        self._root = None if root is None else arguments.path("QrCM-table", "root", root)
        if not isinstance(strip, str) or (strip and root is None):
            raise ConfigError(f"QrCM-table: strip={strip!r} needs a root that replaces it")
        self._strip = strip
        self.notes: list[str] = []
        """Set by `prepare`"""
        self.card = DatasetCard(
            name="QrCM-ReID table",
            revision="unread",
            licence="that of the sources; academic use",
            citation="arXiv 2602.12936",
            modalities=("rgb", "ir", "sketch", "text"),
            description="QrCM-ReID as the authors' script lists it.",
            access="written by the authors' script from the three sources",
            protocols=("qrcm/distill", "qrcm/aio-all", "qrcm/strict"),
        )

    def prepare(self, cache: Path, track: Track) -> Sequence[Record]:
        """The index, in the table's order. Raises DataError naming every mistake: wrong cells, an
        unknown modality, an instance without exactly one RGB, IR and sketch row and at least one
        text row, an identity in two splits, missing files."""
        problems = Problems(self._csv, "row")
        rows = self._rows(problems)
        self._check_instances(rows, problems)
        records = self._records(rows, problems)
        problems.raise_any()
        self.notes = _gaps(rows)
        digest = file_digest(self._csv)[:12]
        self.card = replace(self.card, revision=digest)
        return records

    def _rows(self, problems: Problems) -> list[Row]:
        with (
            open_file(self._csv, TABLE, "table not found") as raw,
            io.TextIOWrapper(raw, "utf-8-sig", newline="") as file,
        ):
            reader = csv.reader(file)
            header = next(reader, [])
            lacking = [c for c in COLUMNS if c not in header]
            if lacking:
                raise DataError(f"{self._csv}: there is no column {', '.join(lacking)}")
            places = {name: header.index(name) for name in COLUMNS}
            given = []
            for number, cells in enumerate((c for c in reader if c), start=1):
                whole = len(cells) == len(header)
                given.append((number, {n: cells[i] for n, i in places.items()} if whole else None))
        if not given:
            raise DataError(f"{self._csv}: the table is empty")
        rows = []
        for number, cells in given:
            if wrong := _wrong(cells):
                problems.add(wrong, number)
            if problems.full:
                break
            if wrong or cells is None:
                continue
            rows.append(
                Row(
                    number,
                    cells["image_path"],
                    str(digits(_whole(cells["pid"]))),
                    MODALITIES[cells["modality"]],
                    clean_caption(cells["ori_caption"]),
                    str(digits(_whole(cells["camid"]))),
                    cells["split"],
                )
            )
        return rows

    def _check_instances(self, rows: Sequence[Row], problems: Problems) -> None:
        of_instance: dict[str, list[Row]] = defaultdict(list)
        split_of: dict[str, str] = {}
        for row in rows:
            of_instance[row.instance].append(row)
            first = split_of.setdefault(row.pid, row.split)
            if first != row.split:
                problems.add(f"identity {row.pid} is in {first} and in {row.split}", row.number)
        for instance, parts in of_instance.items():
            if len({row.pid for row in parts}) > 1:
                problems.add(f"camid {instance} has more than one pid", parts[0].number)
            names = [row.modality for row in parts]
            for name in ("rgb", "ir", "sketch"):
                if names.count(name) != 1:
                    problems.add(f"photos with {names.count(name)} {name} rows", parts[0].number)
            if "text" not in names:
                problems.add("photos without a text row", parts[0].number)

    def _records(self, rows: Sequence[Row], problems: Problems) -> list[Record]:
        captions: dict[str, int] = defaultdict(int)
        records = []
        for row in rows:
            text = path = index = None
            suffix = row.modality
            if row.modality == "text":
                text, index = row.caption, captions[row.instance]
                captions[row.instance] += 1
                suffix = f"text{index}"
            else:
                path = self._place(row, problems)
            records.append(
                Record(
                    item_id=f"{row.instance}#{suffix}",
                    dataset=self.card.name,
                    split=row.split,
                    modality=row.modality,
                    pid=row.pid,
                    instance_id=row.instance,
                    path=path,
                    text=text,
                    caption_idx=index,
                )
            )
        return records

    def _place(self, row: Row, problems: Problems) -> Path:
        path = Path(row.path)
        if self._root:
            given, strip = PurePosixPath(row.path), PurePosixPath(self._strip or "/")
            if not given.is_relative_to(strip):
                problems.add(f"paths that do not begin with {strip}", row.number)
                return path
            path = self._root / given.relative_to(strip)
        if not is_file(path):
            problems.add(f"images not found in {path.parent}", row.number)
        return path


def _wrong(cells: dict[str, str] | None) -> str | None:
    """What is wrong with the cells of a row; None when nothing is."""
    if cells is None:
        return "another number of cells than columns"
    if cells["modality"] not in MODALITIES:
        return f"modality {quoted(cells['modality'])} is none of {', '.join(MODALITIES)}"
    if cells["split"] not in SPLITS:
        return f"split {quoted(cells['split'])} is none of {', '.join(SPLITS)}"
    for name in ("pid", "camid", "num_images"):
        if digits(_whole(cells[name])) is None:
            return f"{name} is {quoted(cells[name])}, expected an integer"
    text = cells["modality"] == "text"
    if digits(_whole(cells["num_images"])) != (0 if text else 1):
        return f"num_images is {cells['num_images']} for {cells['modality']}"
    if text and not clean_caption(cells["ori_caption"]):
        return "the caption is empty"
    if bool(cells["image_path"]) == text:
        return f"a {cells['modality']} row {'with' if text else 'without'} an image_path"
    return None


def _whole(cell: str) -> str:
    """A table with empty cells writes integers as 3.0."""
    return cell.removesuffix(".0")


def _gaps(rows: Sequence[Row]) -> list[str]:
    """Notes about train numbers that do not run from 0 without gaps. The authors merge their three
    tables by adding the counts, which would then give two people the same number."""
    notes = []
    for name, values in (
        ("pids", {int(r.pid) for r in rows if r.split == "train"}),
        ("camids", {int(r.instance) for r in rows if r.split == "train"}),
    ):
        if values and values != set(range(len(values))):
            notes.append(
                f"train {name} do not run from 0 to {len(values) - 1}: not to be merged by offsets"
            )
    return notes
