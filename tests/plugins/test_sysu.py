"""SYSU-MM01: published counts from the identity lists alone, and a small copy of the layout."""

import random
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.io import loadmat, savemat

from reidbench.embeddings import Embeddings
from reidbench.evaluation.score import score
from reidbench.evaluation.trials import draws
from reidbench.pluginhost import PluginHost
from reidbench_registry import ConfigError, DataError, fingerprint
from reidbench_registry.registries import KindRegistry
from reidbench_sysu.dataset import SysuMM01
from reidbench_sysu.tasks import all_search, indoor_search, official, python_seeded

REAL = Path(__file__).parents[3] / "shared" / "data" / "sysu-mm01"
real = pytest.mark.skipif(not REAL.is_dir(), reason="the lists of SYSU-MM01 are not here")
# images of each (camera, identity); identities 1 to 3 train, 4 val, 5 to 7 test
SIZES = {(c, p): 11 + (c + p) % 3 for c in range(1, 7) for p in range(1, 8)}


def index(root, **more):
    return SysuMM01(str(root), **more).prepare(root, lambda items, *_: items)


@pytest.fixture
def root(tmp_path):
    """A small world in the official layout, without images."""
    (tmp_path / "exp").mkdir()
    for split, pids in {"train": "1,2,3", "val": "4", "test": "5,6,7"}.items():
        (tmp_path / "exp" / f"{split}_id.txt").write_text(pids + "\n")
    rng = np.random.default_rng(0)
    cells = np.empty((6, 1), object)
    for camera in range(6):
        cells[camera, 0] = np.empty((8, 1), object)
        for pid in range(1, 8):
            n = SIZES[camera + 1, pid]
            cells[camera, 0][pid - 1, 0] = np.stack([rng.permutation(n) + 1 for _ in range(10)])
        cells[camera, 0][7, 0] = np.zeros((0, 0))
    savemat(tmp_path / "rand_perm_cam.mat", {"rand_perm_cam": cells})
    return tmp_path


def with_images(root):
    for (camera, pid), n in SIZES.items():
        folder = root / f"cam{camera}" / f"{pid:04}"
        folder.mkdir(parents=True)
        for i in range(1, n + 1):
            (folder / f"{i:04}.jpg").touch()
    return root


@pytest.fixture(scope="module")
def records():
    return index(REAL)


@real
def test_published_counts_hold_without_one_image(records):
    test = [r for r in records if r.split == "test"]
    assert sum(map(all_search().query, test)) == 3803
    people = {s: {r.pid for r in records if r.split == s} for s in ("train", "val", "test")}
    assert {s: len(p) for s, p in people.items()} == {"train": 296, "val": 99, "test": 96}
    visible = Counter(r.modality for r in records)
    assert (visible["rgb"], visible["ir"]) == (29033, 15712)
    assert all(r.path is None for r in records)


@real
@pytest.mark.parametrize("draw", ["official", "python-seeded"])
@pytest.mark.parametrize(
    ("search", "sizes", "valid"),
    [(all_search, (301, 3010), 3803), (indoor_search, (112, 1120), 2208)],
)
def test_galleries_and_valid_queries(records, draw, search, sizes, valid):
    metrics = [KindRegistry("metric", PluginHost().catalog).create({"type": "CMC"})]
    rng = torch.Generator().manual_seed(0)
    side = Embeddings(torch.randn(len(records), 8, generator=rng), [r.item_id for r in records])
    for shots, size in zip((1, 10), sizes, strict=True):
        task = search(shots=shots, gallery=draw, trials=2)
        row = score(task, records, side, side, metrics).row
        assert (row["n_query"], row["n_valid"], row["n_gallery"]) == (3803, valid, size)


@real
def test_official_galleries_are_the_first_of_the_permutations(records):
    table = loadmat(REAL / "rand_perm_cam.mat")["rand_perm_cam"]
    task = all_search(shots=10)
    drawn = [d.gallery for d in draws(task, records)]
    assert len(drawn) == 10
    for trial, gallery in enumerate(drawn):
        found = {r.item_id for r in gallery}
        expected = {
            f"cam{camera}/{pid}/{image:04}"
            for camera in (1, 2, 4, 5)
            for pid in {r.pid for r in gallery}
            if table[camera - 1, 0][int(pid) - 1, 0].size
            for image in table[camera - 1, 0][int(pid) - 1, 0][trial, :10]
        }
        assert found == expected


def test_seeded_galleries_are_those_of_agw(root):
    """The loop of the code that AGW and its followers share, over file names."""
    records = index(with_images(root))
    task = all_search(gallery="python-seeded")
    for trial, (_, gallery) in enumerate(draws(task, records)):
        random.seed(trial)
        chosen = []
        for pid in ("0005", "0006", "0007"):
            for camera in ("cam1", "cam2", "cam4", "cam5"):
                files = sorted(str(f) for f in (root / camera / pid).iterdir())
                chosen.append(random.choice(files))
        assert [str(r.path) for r in gallery] == chosen


def test_index_is_the_same_with_and_without_images(root):
    bare = index(root)
    assert len(bare) == sum(SIZES.values())
    seen = index(with_images(root))
    card = SysuMM01(str(root)).card
    assert fingerprint(card, bare) == fingerprint(card, seen)
    third = next(r for r in seen if r.item_id == "cam3/0005/0002")
    assert (third.modality, third.camera_id, third.location_id) == ("ir", "3", "2")
    assert third.path == root / "cam3" / "0005" / "0002.jpg"


def test_without_permutations_only_seeded_galleries(root):
    (root / "rand_perm_cam.mat").unlink()
    with pytest.raises(DataError, match="neither images .* nor rand_perm_cam.mat"):
        index(root)
    data = SysuMM01(str(with_images(root)))
    records = data.prepare(root, lambda items, *_: items)
    assert data.notes == ["no rand_perm_cam.mat: only python-seeded galleries can be scored"]
    with pytest.raises(DataError, match="has no place in trial 1"):
        next(draws(all_search(), records))


def test_protocols_name_eight_tasks():
    host = PluginHost()
    tasks = [
        KindRegistry("task", host.catalog).create(dict(cfg))
        for bundle in (official(), python_seeded())
        for cfg in bundle.tasks
    ]
    assert len({t.name for t in tasks}) == 8
    assert tasks[0].name == "sysu-mm01/all-1shot-official"
    assert {(t.exclude, t.cmc) for t in tasks} == {("same_location_any_pid", "identity")}
    for wrong in ({"gallery": "random"}, {"shots": 0}, {"trials": 2.5}):
        with pytest.raises(ConfigError):
            all_search(**wrong)


def test_what_is_refused(root):
    def refused(message, **more):
        with pytest.raises(DataError, match=message):
            index(root, **more)

    refused("permutations not found: .*none.mat", permutations=str(root / "none.mat"))
    whole = (root / "rand_perm_cam.mat").read_bytes()
    (root / "cut.mat").write_bytes(whole[:900])
    refused("cut.mat: no rand_perm_cam", permutations=str(root / "cut.mat"))
    with_images(root)
    (root / "cam2" / "0006" / "0003.jpg").unlink()
    refused("1 folders .*first cam2/0006: 12 images, 13 in the permutations")
    (root / "exp" / "val_id.txt").write_text("4,5")
    (root / "exp" / "test_id.txt").write_text("5,6")
    refused("test_id.txt: identity 5 is in split 'val' too")
    (root / "exp" / "test_id.txt").write_text("5;6")
    refused("test_id.txt: no comma-separated identities")
    (root / "exp" / "test_id.txt").unlink()
    refused("identity list not found")
    with pytest.raises(DataError, match="data root not found"):
        index(root / "nowhere")
    with pytest.raises(ConfigError):
        SysuMM01("")
