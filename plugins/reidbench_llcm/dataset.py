"""LLCM as its authors distribute it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from reidbench.tools import arguments
from reidbench.tools.guarded import MissingFileError, digits, is_file, read_text
from reidbench.tools.problems import Problems, raise_all
from reidbench.tools.terminal import quoted
from reidbench_registry import DataError, DatasetCard, Record, Track
from reidbench_registry.testing import draw

SENSORS = {"vis": "rgb", "nir": "ir"}
CAMERAS = range(1, 10)
IMAGES = (".jpg", ".jpeg", ".png", ".bmp")
NAME = re.compile(r"([0-9]{1,18})_c0*([0-9]{1,18})_")
"""Names of train images begin with identity and camera"""


class LLCM:
    """Reads `idx/train_vis.txt`, `idx/train_nir.txt` (`path label`), `idx/test_id.txt` and
    `test_vis/cam1..9/<identity>/`, `test_nir/cam1..9/<identity>/` (there is no infrared camera 3).

    root: the folder that contains them.

    Train identities and cameras are read from the names of the images; an image with another kind
    of name gets the identity `label-<its label in the list>` and no camera. Raises ConfigError for
    a wrong argument."""

    @classmethod
    def conformance(cls, folder: Path) -> dict[str, str]:
        """Arguments for the conformance kit: one person for each split."""
        (folder / "idx").mkdir(parents=True)
        for sensor in SENSORS:
            file = f"{sensor}/0001/0001_c01_s1_f1_{sensor}.png"
            draw(folder / file)
            listed = folder / "idx" / f"train_{sensor}.txt"
            listed.write_text(f"{file} 0\n", encoding="utf-8")
            for camera in (1, 2):
                name = f"0002_c0{camera}_s1_f1_{sensor}.png"
                draw(folder / f"test_{sensor}" / f"cam{camera}" / "0002" / name, seed=camera)
        (folder / "idx" / "test_id.txt").write_text("2", encoding="utf-8")
        return {"root": str(folder)}

    def __init__(self, root: str | Path) -> None:
        self._root = arguments.path("LLCM", "root", root)
        self.notes: list[str] = []
        """Set by `prepare`"""
        self.card = DatasetCard(
            name="LLCM",
            revision="1",
            licence="signed agreement: academic use, no redistribution",
            citation="Zhang and Wang, Diverse Embedding Expansion Network and Low-Light Cross-"
            "Modality Benchmark for Visible-Infrared Person Re-identification, CVPR 2023",
            modalities=("rgb", "ir"),
            description="1064 people in low light before nine cameras.",
            access="agreement by mail to the authors (Yukang Zhang, Xiamen University)",
            # The agreement's parts of the test set do not add up to its sum: only what is sure.
            counts={
                "train": {"identities": 713, "rgb": 16946, "ir": 13975},
                "test": {"identities": 351},
            },
            protocols=("llcm",),
        )

    def prepare(self, cache: Path, track: Track) -> Sequence[Record]:
        """The index: train lists in their order, then test images by camera, identity and name.
        Raises DataError naming everything that is missing or wrong."""
        if not self._root.is_dir():
            raise DataError(f"data root not found: {self._root}")
        all_problems: list[Problems] = []
        train = [r for sensor in SENSORS for r in self._train(sensor, all_problems)]
        test = list(self._test(all_problems))
        both = {r.pid for r in train} & {r.pid for r in test}
        if both:
            problems = Problems(self._root)
            problems.add(f"identities in train and test: {', '.join(sorted(both)[:5])}")
            all_problems.append(problems)
        raise_all(*all_problems)
        return [*train, *test]

    def _train(self, sensor: str, all_problems: list[Problems]) -> Iterator[Record]:
        path = self._root / "idx" / f"train_{sensor}.txt"
        problems = Problems(path, "line")
        all_problems.append(problems)
        for number, line in enumerate(_lines(path, problems), start=1):
            words = line.rsplit(maxsplit=1)
            label = digits(words[-1])
            if len(words) != 2 or label is None:
                problems.add("not 'path label'", number)
                continue
            file = words[0]
            if not is_file(self._root / file):
                problems.add("images that are not there", number)
            named = NAME.match(file.rpartition("/")[2])
            yield Record(
                item_id=file.rpartition(".")[0],
                dataset=self.card.name,
                split="train",
                modality=SENSORS[sensor],
                pid=f"{int(named[1]):04}" if named else f"label-{label}",
                camera_id=named[2] if named else None,
                path=self._root / file,
            )

    def _test(self, all_problems: list[Problems]) -> Iterator[Record]:
        path = self._root / "idx" / "test_id.txt"
        problems = Problems(path)
        all_problems.append(problems)
        words = ",".join(_lines(path, problems)).replace(" ", ",").split(",")
        wrong = [w for w in words if w and digits(w) is None]
        if wrong:
            problems.add(f"{quoted(wrong[0])} is not an identity")
        pids = {f"{number:04}" for w in words if (number := digits(w)) is not None}
        seen: set[str] = set()
        for sensor, modality in SENSORS.items():
            folder = self._root / f"test_{sensor}"
            if not folder.is_dir():
                problems.add(f"there is no folder {folder.name}/")
            for camera in map(str, CAMERAS):
                for place in sorted(_folders(folder / f"cam{camera}")):
                    number = digits(place.name)
                    pid = place.name if number is None else f"{number:04}"
                    if pid not in pids:
                        continue
                    seen.add(pid)
                    for image in sorted(p for p in place.iterdir() if p.suffix.lower() in IMAGES):
                        yield Record(
                            item_id=f"test_{sensor}/cam{camera}/{pid}/{image.stem}",
                            dataset=self.card.name,
                            split="test",
                            modality=modality,
                            pid=pid,
                            camera_id=camera,
                            path=image,
                        )
        if without := sorted(pids - seen):
            problems.add(f"{len(without)} identities without an image, first {without[0]}")


def _lines(path: Path, problems: Problems) -> list[str]:
    try:
        lines = [x for x in read_text(path).splitlines() if x.strip()]
    except MissingFileError:
        problems.add("there is no such list")
        return []
    except DataError as error:
        problems.add(f"not readable: {str(error).removeprefix(f'{path}: ')}")
        return []
    if not lines:
        problems.add("the list is empty")
    return lines


def _folders(folder: Path) -> list[Path]:
    return [p for p in folder.iterdir() if p.is_dir()] if folder.is_dir() else []
