"""`rand_perm_cam.mat`: the authors' permutations, from which galleries are drawn."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from reidbench_registry import ConfigError, DataError

CAMERAS = 6
TRIALS = 10


def read(path: Path) -> dict[tuple[str, str], np.ndarray]:
    """(camera, pid) -> places[n, 10]: the place (0-based) of each of the cell's n images in the
    permutation of each trial. Cells without images are left out.

    Raises DataError naming the file and the cell; ConfigError where scipy is not installed."""
    try:
        from scipy.io import loadmat
    except ImportError:
        raise ConfigError(
            "SYSU-MM01: reading rand_perm_cam.mat needs scipy: pip install 'reidbench[sysu]'"
        ) from None
    try:
        with path.open("rb") as file:
            cameras = loadmat(file)["rand_perm_cam"].ravel()
        cells = [[np.asarray(of_pid) for of_pid in camera.ravel()] for camera in cameras]
    except FileNotFoundError:
        raise DataError(f"permutations not found: {path}") from None
    except Exception as error:
        # For a damaged file scipy raises exceptions of many types.
        why = str(error).partition("\n")[0]
        raise DataError(f"{path}: no rand_perm_cam: {type(error).__name__}: {why}") from None
    if len(cells) != CAMERAS:
        raise DataError(f"{path}: {len(cells)} cameras, expected {CAMERAS}")
    places = {}
    for camera, of_camera in enumerate(cells, start=1):
        for pid, order in enumerate(of_camera, start=1):
            if not order.size:
                continue
            n = order.shape[-1]
            # One row for each trial: the images (1-based) in the order in which they are drawn.
            if order.shape != (TRIALS, n) or (np.sort(order, 1) != np.arange(1, n + 1)).any():
                raise DataError(
                    f"{path}: camera {camera}, identity {pid}: not {TRIALS} permutations"
                )
            places[str(camera), f"{pid:04}"] = np.argsort(order, axis=1).T
    return places
