"""RegDB with the lists of its ten trials, as it is usually distributed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from reidbench.tools import arguments
from reidbench.tools.guarded import MissingFileError, digits, is_file, read_text
from reidbench.tools.problems import Problems, raise_all
from reidbench.tools.terminal import safe
from reidbench_registry import DataError, DatasetCard, Record, Track
from reidbench_registry.testing import draw

TRIALS = 10
MODALITIES = {"visible": "rgb", "thermal": "thermal"}
IDENTITIES = 206
"""in each split of each trial"""
IMAGES = 2060
"""in each list"""


class Line(NamedTuple):
    """A line of a list."""

    number: int
    file: str
    pid: str
    label: int


class RegDB:
    """Reads `idx/{train,test}_{visible,thermal}_{1..10}.txt` and the images that they name.

    root: the folder that contains `idx/`, `Visible/` and `Thermal/`.
    trial: which of the ten fixed splits of the 412 people into halves, 1 to 10; papers report the
        mean, so run all ten.

    The identity is the folder's name; labels in a list count from 0 within the split. An image is
    `rgb` or `thermal`; there are no cameras. Raises ConfigError for a wrong argument."""

    @classmethod
    def conformance(cls, folder: Path) -> dict[str, str]:
        """Arguments for the conformance kit: two people, one a split."""
        for pid, split in enumerate(("train", "test"), start=1):
            for kind in MODALITIES:
                file = f"{kind.capitalize()}/{pid}/female_back_{kind[0]}_0000{pid}_1.png"
                draw(folder / file, seed=pid)
                listed = folder / "idx" / f"{split}_{kind}_1.txt"
                listed.parent.mkdir(exist_ok=True)
                listed.write_text(f"{file} 0\n", encoding="utf-8")
        return {"root": str(folder)}

    def __init__(self, root: str | Path, trial: int = 1) -> None:
        self._root = arguments.path("RegDB", "root", root)
        self._trial = arguments.integer("RegDB", "trial", trial, 1, TRIALS)
        self.notes: list[str] = []
        """Set by `prepare`"""
        half = {"identities": IDENTITIES, "rgb": IMAGES, "thermal": IMAGES}
        self.card = DatasetCard(
            name="RegDB",
            revision=f"trial{trial}",
            licence="signed agreement: academic use",
            citation="Nguyen et al., Person Recognition System Based on a Combination of Body "
            "Images from Visible Light and Thermal Cameras, Sensors 2017",
            modalities=("rgb", "thermal"),
            description="412 people, ten visible and ten thermal images each.",
            access="copyright form at Dongguk University (dm.dongguk.edu); the lists come with the "
            "data pack of Ye et al.",
            counts={"train": half, "test": half},
            protocols=("regdb",),
        )

    def prepare(self, cache: Path, track: Track) -> Sequence[Record]:
        """The index, in the order of the lists. Raises DataError naming every wrong line: images
        that are missing or listed twice, a label of two people, people in two splits."""
        if not self._root.is_dir():
            raise DataError(f"data root not found: {self._root}")
        all_problems: list[Problems] = []
        records: list[Record] = []
        split_of: dict[str, str] = {}
        for split in ("train", "test"):
            for kind, modality in MODALITIES.items():
                problems = Problems(
                    self._root / "idx" / f"{split}_{kind}_{self._trial}.txt", "line"
                )
                lines = self._lines(split, kind, problems)
                for line in lines:
                    if split_of.setdefault(line.pid, split) != split:
                        problems.add("people of the train split", line.number)
                records += [self._record(line, split, modality) for line in lines]
                all_problems.append(problems)
        raise_all(*all_problems)
        return records

    def _lines(self, split: str, kind: str, problems: Problems) -> list[Line]:
        path = self._root / "idx" / f"{split}_{kind}_{self._trial}.txt"
        try:
            text = read_text(path)
        except MissingFileError:
            problems.add("there is no such list")
            return []
        except DataError as error:
            problems.add(f"not readable: {str(error).removeprefix(f'{path}: ')}")
            return []
        lines: list[Line] = []
        seen: Counter[str] = Counter()
        person: dict[int, str] = {}
        for number, words in enumerate((t.rsplit(maxsplit=1) for t in text.splitlines()), start=1):
            if not words:
                continue
            label = digits(words[-1])
            if len(words) != 2 or label is None:
                problems.add("not 'path label'", number)
                continue
            file = words[0]
            pid = PurePosixPath(file).parent.name
            seen[file] += 1
            if seen[file] > 1:
                problems.add("images listed twice", number)
            if person.setdefault(label, pid) != pid:
                problems.add(
                    f"label {label} stands for {safe(person[label])} and {safe(pid)}", number
                )
            if not is_file(self._root / file):
                problems.add("images that are not there", number)
            lines.append(Line(number, file, pid, label))
        if not lines and not problems:
            problems.add("the list is empty")
        if lines and min(person) != 0:
            problems.add(f"labels start at {min(person)}, not at 0")
        return lines

    def _record(self, line: Line, split: str, modality: str) -> Record:
        return Record(
            item_id=line.file.rpartition(".")[0],
            dataset=self.card.name,
            split=split,
            modality=modality,
            pid=line.pid,
            path=self._root / line.file,
        )
