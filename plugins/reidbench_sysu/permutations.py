"""`rand_perm_cam.mat`: the authors' permutations, from which galleries are drawn."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from reidbench.tools.guarded import first_line
from reidbench_registry import ConfigError, DataError

from .matfile import read_cells

CAMERAS = 6
TRIALS = 10


def read(path: Path) -> dict[tuple[str, str], np.ndarray]:
    """(camera, pid) -> places[n, 10]: the place (0-based) of each of the cell's n images in the
    permutation of each trial. Cells without images are left out.

    Raises DataError naming the file and the cell; ConfigError where scipy is not installed."""
    try:
        cameras = read_cells(path, "rand_perm_cam", "permutations not found").ravel()
        cells = [[np.asarray(of_pid) for of_pid in camera.ravel()] for camera in cameras]
    except ImportError:
        raise ConfigError(
            "SYSU-MM01: reading rand_perm_cam.mat needs scipy: pip install 'reidbench[sysu]'"
        ) from None
    except DataError:
        raise
    except Exception as error:
        # For a damaged file scipy raises exceptions of many types.
        why = f"{type(error).__name__}: {first_line(error)}"
        raise DataError(f"{path}: no rand_perm_cam: {why}") from None
    if len(cells) != CAMERAS:
        raise DataError(f"{path}: {len(cells)} cameras, expected {CAMERAS}")
    places = {}
    for camera, of_camera in enumerate(cells, start=1):
        for pid, order in enumerate(of_camera, start=1):
            if not order.size:
                continue
            n = order.shape[-1] if order.ndim else 0
            # One row for each trial: the images (1-based) in the order in which they are drawn.
            if order.shape != (TRIALS, n) or (np.sort(order, 1) != np.arange(1, n + 1)).any():
                raise DataError(
                    f"{path}: camera {camera}, identity {pid}: not {TRIALS} permutations"
                )
            places[str(camera), f"{pid:04}"] = np.argsort(order, axis=1).T
    return places
