"""What an entry of each kind must do. Behaviour is checked by tests, not by inheritance: those of
`reidbench_registry.testing`.

Two members are optional for every kind, and only the checks ask for them: a class method
`conformance(folder) -> dict`, arguments to build a small object with, and `claims`, what the entry
promises beyond its contract (`testing.CLAIMS`).

Shapes: `B` batch, `D` embedding dimension, `C` train identities. `modality[B]` holds int64 indices
into `reidbench_registry.MODALITIES`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from .types import DatasetCard, Ranks, Record, Track

if TYPE_CHECKING:
    import numpy as np
    from PIL.Image import Image
    from torch import Tensor


@runtime_checkable
class Backbone(Protocol):
    """Embeds records of one or more modalities; a `torch.nn.Module`, usable without the harness.
    Random weights come from torch's global generator, which the harness seeds.

    A student's projection into the teacher's dimension belongs to it: when the signature has
    `embed_dim` and the config leaves it out, the student is given the teacher's.

    Optional: `describe() -> Mapping[str, str | int | Sequence[str]]`, facts about the model as it
    was built, for people (`reidbench run --dry-run`); a sequence holds names of its modules.
    """

    embed_dim: int
    modalities: frozenset[str]

    def preprocess(self, record: Record, transform: Callable[[Any], Any] | None = None) -> Any:
        """One record -> one model input (decoded, resized, tokenised), on the CPU. `transform`
        maps the decoded image or the raw caption to an augmented one (a chain of Transform
        entries whose modality and chance the harness has bound). Raises DataError naming the
        file."""

    def collate(self, items: Sequence[Any]) -> Mapping[str, Any]:
        """Preprocessed items, modalities mixed -> one batch: a mapping whose tensors can be moved
        to a device."""

    def encode(self, batch: Mapping[str, Any]) -> Tensor:
        """batch of B items -> embeddings[B, embed_dim] in the items' order, not normalised."""

    def save(self, folder: Path) -> None:
        """Write the weights that `load` needs into `folder`, as safetensors."""

    def load(self, folder: Path) -> None:
        """Take the weights that `save` wrote, into an object built from the same config."""


@runtime_checkable
class Loss(Protocol):
    """A training loss. Set `needs_logits = True` to receive the classifier's logits."""

    def __call__(
        self, features: Tensor, labels: Tensor, modality: Tensor, logits: Tensor | None = None
    ) -> dict[str, Tensor]:
        """features[B, D], labels[B] int64, modality[B] int64, logits[B, C] -> named unweighted
        scalars. A batch without a valid pair gives a zero that stays connected, never NaN."""


@runtime_checkable
class Distiller(Protocol):
    """Moves the student's features towards the teacher's. The teacher is detached."""

    needs_equal_dims: bool
    """True: the engine projects a student of another dimension first, and says so."""

    def fit(self, teacher_bank: Tensor) -> None:
        """teacher_bank[N, Dt]: all train features of the teacher, once before training."""

    def __call__(self, student: Tensor, teacher: Tensor, modality: Tensor) -> Tensor:
        """student[B, Ds], teacher[B, Dt], row i of both from one item; modality[B] int64 ->
        unweighted scalar."""


@runtime_checkable
class Dataset(Protocol):
    """A card and an index. Building the object reads nothing; `prepare` does the work."""

    card: DatasetCard

    def prepare(self, cache: Path, track: Track) -> Sequence[Record]:
        """Return the index. Images that the data set draws or derives are written below `cache`,
        a folder of its own that survives; what is already there is kept.

        Raises DataError naming the root, file or field that is missing."""


@runtime_checkable
class Metric(Protocol):
    """Figures per query, from the ranks of its positives. Their mean over queries is reported."""

    def __call__(self, ranks: Ranks) -> Mapping[str, np.ndarray]:
        """ranks of Nq queries -> name -> float64[Nq], each in [0, 1]."""


@runtime_checkable
class Sampler(Protocol):
    """Forms training batches."""

    def epoch(self, records: Sequence[Record], seed: int, epoch: int) -> Iterator[list[int]]:
        """Batches of indices into `records` for one pass: the same for the same arguments.

        Raises ConfigError when the records cannot fill a batch."""


@runtime_checkable
class Transform(Protocol):
    """An augmentation, or an operator that derives one modality from another."""

    def __call__(self, item: Image | str, modality: str, rng: np.random.Generator) -> Image | str:
        """A decoded image or a raw caption -> another one; all chance comes from `rng`."""
