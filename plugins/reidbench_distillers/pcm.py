"""Principal component mapping: the student follows only the teacher's leading directions."""

from __future__ import annotations

import torch
from torch import Tensor

from reidbench.tools import arguments
from reidbench_registry import ConfigError

from .base import FORMS, SCALE, RowDistiller, cosine_gap

RANK = 50
"""The released code's number of components."""
_CHUNK = 8192


class PCM(RowDistiller):
    """mean_i (1 - cos(s_i V_k, t_i V_k)), V_k[D, k] the first right singular vectors of the
    teacher's features, not centred (arXiv 2602.12936).

    rank: the number of components, 50 unless `rank` or `energy` is given; clipped to the rank of
        the features, at most min(B, D).
    energy: instead of `rank`, the smallest number of components whose squared singular values
        reach this fraction of their sum.
    basis: 'batch' takes V from the batch's own teacher rows (as released), 'bank' once from the
        whole teacher bank.
    form: 'cosine', or 'mse': mean over elements of ((s_i - t_i) / 3 V_k)^2.
    per_modality: over each modality's rows, summed.
    normalize_teacher: L2-normalise the teacher's rows, the bank's too."""

    def __init__(
        self,
        rank: int | None = None,
        energy: float | None = None,
        basis: str = "batch",
        form: str = "cosine",
        per_modality: bool = False,
        normalize_teacher: bool = False,
    ) -> None:
        super().__init__(per_modality, normalize_teacher)
        if rank is not None and energy is not None:
            raise ConfigError(f"PCM: rank={rank!r} and energy={energy!r}: give one of them")
        if energy is not None:
            arguments.fraction("PCM", "energy", energy, zero=False)
        self.rank = RANK if rank is None else arguments.integer("PCM", "rank", rank, 1)
        self.energy = energy
        self.basis = arguments.one_of("PCM", "basis", basis, ("batch", "bank"))
        self.form = arguments.one_of("PCM", "form", form, FORMS)
        self._of_bank: Tensor | None = None

    def fit(self, teacher_bank: Tensor) -> None:
        """basis='bank': take the components of teacher_bank[N, D], once, exactly."""
        if self.basis == "bank":
            self._of_bank = self._components(teacher_bank)

    def _loss(self, student: Tensor, teacher: Tensor) -> Tensor:
        if self.basis == "batch":
            basis = self._components(teacher)
        elif self._of_bank is None:
            raise ValueError("PCM: basis='bank' needs fit(teacher_bank) first")
        else:
            self._of_bank = basis = self._of_bank.to(student)
        if self.form == "mse":
            return (((student - teacher) / SCALE) @ basis).square().mean()
        return cosine_gap(student @ basis, teacher @ basis)

    @torch.no_grad()
    def _components(self, rows: Tensor) -> Tensor:
        """rows[N, D] -> their first right singular vectors [D, k].

        From the smaller of the two Gram matrices: an eigendecomposition of N x N or D x D takes a
        fraction of the time of an SVD. In float64, as a Gram matrix squares the singular values."""
        wide = len(rows) < rows.shape[1]
        if wide:
            precise = self._precise_rows(rows)
            gram = precise @ precise.T
        else:
            gram = rows.new_zeros(rows.shape[1], rows.shape[1], dtype=torch.float64)
            for chunk in rows.split(_CHUNK):
                precise = self._precise_rows(chunk)
                gram += precise.T @ precise
        values, vectors = torch.linalg.eigh(gram)
        values, vectors = values.flip(0).clamp_min(0), vectors.flip(1)
        k = self._count(values)
        if wide:
            # V = T^T U / S; as (U^T T)^T it takes a third of the time
            vectors = (vectors[:, :k].T @ precise).T / values[:k].sqrt().clamp_min(1e-30)
        return vectors[:, :k].to(torch.promote_types(rows.dtype, torch.float32))

    def _count(self, values: Tensor) -> int:
        """How many of the squared singular values, largest first, are used."""
        # Directions that the rows do not span are arbitrary: they are never used.
        spanned = max(1, int((values > values[0] * len(values) * 1e-15).sum()))
        if self.energy is None:
            return min(self.rank, spanned)
        reached = values.cumsum(0) / values.sum()
        return min(int((reached < self.energy - 1e-12).sum()) + 1, spanned)

    def _precise_rows(self, rows: Tensor) -> Tensor:
        rows = rows.double()
        return torch.nn.functional.normalize(rows, dim=1) if self.normalize_teacher else rows
