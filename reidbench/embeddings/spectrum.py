"""Spectra of embeddings, and the angles between the subspaces that they span."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reidbench_registry import DataError

from .moments import Moments


@dataclass(frozen=True)
class Spectrum:
    """The singular value decomposition of x[n, D], without its left side."""

    values: np.ndarray
    """values[min(n, D)]: singular values, largest first; 0 where only rounding is left"""
    directions: np.ndarray
    """directions[D, D]: right singular vectors, one a column, in the same order"""

    @property
    def rank(self) -> int:
        """How many singular values are not 0."""
        return int((self.values > 0).sum())

    @property
    def energy(self) -> np.ndarray:
        """energy[min(n, D)]: the sum of the squares of the leading 1, 2, ... singular values over
        that of all."""
        squares = self.values**2
        return np.minimum(squares.cumsum() / squares.sum(), 1.0)

    @property
    def effective_rank(self) -> float:
        """exp of the entropy of the singular values over their sum (Roy and Vetterli, The
        effective rank: a measure of effective dimensionality, EUSIPCO 2007)."""
        share = self.values[: self.rank] / self.values.sum()
        return float(np.exp(-(share * np.log(share)).sum()))

    def needed(self, fraction: float) -> int:
        """The smallest number of components that reach this fraction of the energy."""
        return min(int((self.energy < fraction - 1e-12).sum()) + 1, self.rank)


def spectrum(moments: Moments, centred: bool) -> Spectrum:
    """From the eigenvectors of the Gram matrix, of the rows as they are or minus their mean.

    A Gram matrix squares the singular values: those below about 1e-6 of the largest are lost in
    its rounding and count as 0. Raises DataError for fewer than two rows, and for rows that are all
    equal (or all zeros), which leave nothing to decompose."""
    if moments.count < 2:
        raise DataError(f"a spectrum needs at least two rows, here is {moments.count}")
    gram = moments.gram
    size = np.trace(gram)
    if centred:
        gram = gram - np.outer(moments.total, moments.total) / moments.count
    squares, directions = np.linalg.eigh(gram)
    squares, directions = squares[::-1], directions[:, ::-1]
    squares = np.where(squares > size * len(gram) * np.finfo(float).eps, squares, 0.0)
    values = np.sqrt(squares[: min(moments.count, len(gram))])
    if not values[0]:
        raise DataError(f"{moments.count} rows are all {'equal' if centred else 'zeros'}")
    return Spectrum(values, directions)


def principal_angles(a: Spectrum, b: Spectrum, k: int) -> np.ndarray:
    """angles[k] in degrees, smallest first, between the spans of the leading k directions of both;
    k is clipped to the smaller rank (Björck and Golub, Numerical methods for computing angles
    between linear subspaces, 1973)."""
    k = min(k, a.rank, b.rank)
    cosines = np.linalg.svd(a.directions[:, :k].T @ b.directions[:, :k], compute_uv=False)
    return np.degrees(np.arccos(np.clip(cosines, -1.0, 1.0)))
