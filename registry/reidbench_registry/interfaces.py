"""What an entry of each kind must have. Behaviour is checked by the conformance kit
(`reidbench_registry.testing`), not by inheritance.

Members marked "Optional" in a docstring may be left out. Two more are optional for every kind, and
only the conformance kit reads them: a class method `conformance(folder) -> dict`, the arguments to
build a small object with, and `claims`, what the entry promises beyond its contract
(`testing.CLAIMS`).

Arguments of an entry:

- An argument that names a file or a folder is annotated with `Path` (`weights: str | Path`,
  `roots: Sequence[str | Path]`) and takes a string, which is what a config holds, or a Path. The
  harness reads the annotation from the source (`signature.Signature.files`). The content of the
  file becomes part of the keys of the stages that use the entry: a changed file is a new stage.
  For a data set the fingerprint of its index does the same.
- Arguments in `SUPPLIED` are given by the harness when the signature has them and the config leaves
  them out: `embed_dim` of a student's backbone is the teacher's dimension; `num_classes` and
  `embed_dim` of a loss are the number of train identities and the dimension of the features.

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
    Optional: the members of `Deployable`, for a model that is to run without reidbench.
    """

    embed_dim: int
    modalities: frozenset[str]

    def preprocess(self, record: Record, transform: Callable[[Any], Any] | None = None) -> Any:
        """One record -> one model input (decoded, resized, tokenised), on the CPU. `transform`
        maps the decoded image or the raw caption to an augmented one (a chain of Transform
        entries whose modality and RNG the harness has bound). Raises DataError naming the
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
    """A training loss. Set `needs_logits = True` to receive the classifier's logits.

    A loss that is a `torch.nn.Module` may have parameters: they are moved to the model's device and
    trained with it. Such a loss usually has arguments `num_classes` and `embed_dim`, which the
    harness supplies (`SUPPLIED`): `labels` are integers from 0 to num_classes - 1, `features` have
    embed_dim columns."""

    def __call__(
        self, features: Tensor, labels: Tensor, modality: Tensor, logits: Tensor | None = None
    ) -> dict[str, Tensor]:
        """features[B, D], labels[B] int64, modality[B] int64, logits[B, C] -> named unweighted
        scalars. A batch without a valid pair gives a zero that stays connected, never NaN."""


@runtime_checkable
class Distiller(Protocol):
    """Moves the student's features towards the teacher's. The teacher is detached."""

    needs_equal_dims: bool
    """True: the harness projects a student of another dimension first, and says so."""

    def fit(self, teacher_bank: Tensor) -> None:
        """teacher_bank[N, Dt]: all train features of the teacher, once before training."""

    def __call__(self, student: Tensor, teacher: Tensor, modality: Tensor) -> Tensor:
        """student[B, Ds], teacher[B, Dt], row i of both from one item; modality[B] int64 ->
        unweighted scalar."""


@runtime_checkable
class Dataset(Protocol):
    """A card and an index. Building the object reads nothing; `prepare` does the work.

    Optional: `notes: Sequence[str]`, set by `prepare`: lines for people about what was left out,
    made or found unusual. `reidbench run` and `reidbench data check` show them.
    """

    card: DatasetCard
    """Complete after `prepare`: before, what only the files tell (a revision that is a hash, the
    modalities of a table) may be missing. Read it again after `prepare`."""

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
    """An augmentation, or an operator that derives one modality from another.

    Optional: `version: int`. Raise it whenever the pictures change for the same input, arguments
    and RNG. Derived items carry it, so that pictures of two versions are two data sets.
    """

    def __call__(self, item: Image | str, modality: str, rng: np.random.Generator) -> Image | str:
        """A decoded image or a raw caption -> another one; all randomness comes from `rng`."""
