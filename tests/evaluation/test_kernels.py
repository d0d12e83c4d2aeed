"""The kernel of a CPU where numba compiles, has no place for its cache, or fails."""

import importlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import reidbench
import reidbench_registry
from reidbench.evaluation import kernels
from reidbench.tools.manifest import write_manifest
from reidbench_registry import Record

numba = pytest.importorskip("numba")


def score(folder: Path, copy: Path, cache: Path, home: Path):
    """`reidbench score` of the copy of reidbench, in a process of its own."""
    records = [
        Record(f"{m}{i}", "toy", "test", m, str(i // 2), instance_id=str(i))
        for m in ("ir", "rgb")
        for i in range(8)
    ]
    write_manifest(folder / "m.csv", records)
    features = np.random.default_rng(0).normal(size=(16, 4)).astype("f4")
    np.savez(folder / "e.npz", features=features, item_ids=[r.item_id for r in records])
    registry = Path(reidbench_registry.__path__[0]).parent
    path = os.pathsep.join([str(copy), str(registry), os.environ.get("PYTHONPATH", "")])
    places = {"HOME": home, "XDG_CACHE_HOME": home, "NUMBA_CACHE_DIR": cache, "PYTHONPATH": path}
    words = ["--manifest", folder / "m.csv", "--task", "ir2rgb", "--json"]
    return subprocess.run(
        [sys.executable, "-m", "reidbench", "score", folder / "e.npz", *words],
        env=os.environ | {name: str(value) for name, value in places.items()},
        capture_output=True,
        text=True,
        cwd=folder,
    )


@pytest.fixture
def copy(tmp_path):
    """A copy of the package below which no compiled file can be kept: even the superuser cannot
    make a folder where a file is."""
    copy = tmp_path / "site" / "reidbench"
    ignored = shutil.ignore_patterns("__pycache__", "*.safetensors")
    shutil.copytree(reidbench.__path__[0], copy, ignore=ignored)
    (copy / "evaluation" / "__pycache__").touch()
    return copy.parent


def test_no_place_for_a_cache_is_one_line_and_the_same_numbers(tmp_path, copy):
    (tmp_path / "file").touch()
    nowhere = tmp_path / "file" / "below"
    without = score(tmp_path, copy, nowhere, nowhere)
    assert without.returncode == 0, without.stderr
    assert without.stderr == (
        "note: counting with the slower kernel of torch: numba has no folder for what it compiles "
        "(NUMBA_CACHE_DIR may name one)\n"
    )
    cold = score(tmp_path, copy, tmp_path / "cache", nowhere)
    assert (cold.returncode, cold.stderr) == (
        0,
        "note: compiling the counting kernel, once: some seconds\n",
    )
    warm = score(tmp_path, copy, tmp_path / "cache", nowhere)
    assert (warm.returncode, warm.stderr) == (0, "")
    assert without.stdout == cold.stdout == warm.stdout


@pytest.fixture
def anew():
    """No kernel has been asked for yet, and none is afterwards."""

    def forget():
        for cached in (kernels._numba, kernels._ready, kernels._say):
            cached.cache_clear()

    forget()
    yield
    forget()


def test_large_tasks_are_compiled_without_a_cache(anew, monkeypatch, caplog):
    module = importlib.import_module("reidbench.evaluation.kernel_numba")
    monkeypatch.setattr(module, "CACHED", False)
    small = kernels.WORTH_COMPILING - 1
    assert kernels.best_for_cpu(small) is kernels.count_with_torch
    assert kernels.best_for_cpu(small) is kernels.count_with_torch
    assert len(caplog.messages) == 1
    assert kernels.best_for_cpu(small + 1) is module.count
    # Once it is compiled it counts small ones too.
    assert kernels.best_for_cpu(small) is module.count


def test_a_kernel_that_fails_is_replaced(anew, monkeypatch, caplog):
    module = importlib.import_module("reidbench.evaluation.kernel_numba")

    def full(*_):
        raise OSError(28, "No space left on device", "x.nbi")

    monkeypatch.setattr(module, "_count", full)
    for _ in range(2):
        assert kernels.best_for_cpu() is kernels.count_with_torch
    assert caplog.messages == [
        "counting with the slower kernel of torch: numba's failed "
        "([Errno 28] No space left on device: 'x.nbi')"
    ]
