"""Contrastive representation distillation: a student row and its teacher row are told from many
others that a memory holds."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from reidbench.tools import arguments

EPSILON = 1e-7


class CRD(nn.Module):
    """Noise contrastive estimation between student and teacher, both ways (Tian et al., ICLR 2020;
    usual weight 0.8): with u = exp(cos(f(s_i), g(t_j)) / temperature) / Z, f and g learned linear
    maps into `dim` dimensions, M the size of the memory and N that of the train split,

        -log(u_ii / (u_ii + M/N)) - sum over the memory of log((M/N) / (u + M/N)),

    averaged over the batch, once with the student's row as anchor and teacher rows in the memory,
    once the other way round. Z is set by the first batch, so that u is about 1 / N for a row of
    the memory.

    The paper's memory has a place for every train item and draws M of them at random. This one is a
    queue of the last M rows, so that it needs no item numbers and never holds an item's features of
    long ago; until it is full, the contrast is with what there is.

    dim: of the common space. memory: M. temperature: 0.07 as published.
    student_dim, teacher_dim: the harness supplies them."""

    # Not bfloat16: a second call has another memory, so that no two calls can be compared.
    claims = ()
    needs_equal_dims = False

    def __init__(
        self,
        student_dim: int,
        teacher_dim: int,
        dim: int = 128,
        memory: int = 16384,
        temperature: float = 0.07,
    ) -> None:
        super().__init__()
        arguments.integer("CRD", "dim", dim, 1)
        arguments.integer("CRD", "memory", memory, 1)
        self.temperature = arguments.positive_number("CRD", "temperature", temperature)
        self.of_student = nn.Linear(student_dim, dim)
        self.of_teacher = nn.Linear(teacher_dim, dim)
        self.items = 0
        for name in ("students", "teachers"):
            self.register_buffer(name, torch.zeros(memory, dim))
        self.register_buffer("filled", torch.tensor(0))
        self.register_buffer("place", torch.tensor(0))
        self.register_buffer("scale", torch.zeros(2))

    def fit(self, teacher_bank: Tensor) -> None:
        """The number of train items is that of teacher_bank[N, D]."""
        self.items = len(teacher_bank)

    def forward(self, student: Tensor, teacher: Tensor, modality: Tensor) -> Tensor:
        """student[B, Ds], teacher[B, Dt], modality[B] -> scalar. Raises ValueError before `fit`."""
        if not self.items:
            raise ValueError("CRD: call fit with the teacher's bank first")
        if not len(student):
            return student.sum()
        with torch.autocast(student.device.type, enabled=False):
            s = F.normalize(self.of_student(student.float()), eps=1e-6)
            t = F.normalize(self.of_teacher(teacher.detach().float()), eps=1e-6)
            # Copies: the memory changes before the backward pass.
            known = int(self.filled)
            students, teachers = self.students[:known].clone(), self.teachers[:known].clone()
            loss = self._contrast(0, s, t, teachers) + self._contrast(1, t, s, students)
            if self.training:
                self._remember(s.detach(), t.detach())
        return loss

    def _contrast(self, side: int, anchors: Tensor, own: Tensor, others: Tensor) -> Tensor:
        """anchors[B, dim], the row that belongs to each, own[B, dim], and others[M, dim]."""
        positive = ((anchors * own).sum(1) / self.temperature).exp()
        negative = (anchors @ others.T / self.temperature).exp()
        if not self.scale[side]:
            seen = negative if others.numel() else positive
            self.scale[side] = seen.detach().mean() * self.items
        chance = max(len(others), 1) / self.items
        scale = self.scale[side].clone()
        positive, negative = positive / scale, negative / scale
        found = -(positive / (positive + chance + EPSILON)).log().mean()
        told_apart = -(chance / (negative + chance + EPSILON)).log().sum(1).mean()
        return found + told_apart

    @torch.no_grad()
    def _remember(self, student: Tensor, teacher: Tensor) -> None:
        size = len(self.students)
        rows = (int(self.place) + torch.arange(len(student), device=self.place.device)) % size
        self.students[rows], self.teachers[rows] = student, teacher
        self.place = (self.place + len(student)) % size
        self.filled = (self.filled + len(student)).clamp_max(size)
