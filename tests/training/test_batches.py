"""What a batch holds when some items have no label, and who sees what of it."""

import torch

from reidbench.models.model import Outputs
from reidbench.training.batches import TrainingSet
from reidbench.training.objective import Objective, Weighted
from reidbench_registry import Record


def records(split, count):
    return [
        Record(f"{split}-{i}", "d", split, "rgb", f"{split}-pid-{i // 2}") for i in range(count)
    ]


class InTurn:
    """Batches of `size` items in their order; remembers what it was shown."""

    def __init__(self, size):
        self.size, self.shown = size, []

    def epoch(self, shown, seed, epoch):
        self.shown.append(shown)
        for first in range(0, len(shown) - self.size + 1, self.size):
            yield list(range(first, first + self.size))


def test_items_with_a_label_come_first_and_both_parts_have_their_own_epochs():
    few, many = InTurn(2), InTurn(3)
    data = TrainingSet(
        records("train", 4), torch.tensor([0, 0, 1, 1]), few, records("unlabelled", 12), many
    )
    batches = data.batches(seed=0, number=4)
    assert [[index for index, _ in batch] for batch in batches] == [
        [0, 1, 4, 5, 6], [2, 3, 7, 8, 9], [0, 1, 10, 11, 12], [2, 3, 13, 14, 15],
    ]  # fmt: skip
    epochs = [[epoch for _, epoch in batch] for batch in batches]
    assert epochs == [[0] * 5, [0] * 5, [1, 1, 0, 0, 0], [1, 1, 0, 0, 0]]
    assert [r.split for r in data.all_records] == ["train"] * 4 + ["unlabelled"] * 12
    assert data.coverage(batches) == (
        "4 of 4 items and 2 of 2 identities are drawn in 2 epochs, 12 of 12 unlabelled items"
    )
    # Nobody is told who is in an unlabelled picture.
    assert {r.pid for shown in many.shown for r in shown} == {""}
    assert {r.pid for shown in few.shown for r in shown} == {"train-pid-0", "train-pid-1"}


def test_losses_see_the_labelled_and_distillers_see_all():
    class Loss:
        needs_logits = True

        def __call__(self, features, labels, modality, logits=None):
            self.saw = features.tolist(), labels.tolist(), modality.tolist(), logits.tolist()
            return {"loss": features.sum()}

    class Distiller:
        needs_equal_dims = False

        def fit(self, bank):
            self.bank = bank

        def __call__(self, student, teacher, modality):
            self.saw = student.tolist(), teacher.tolist(), modality.tolist()
            return student.sum()

    loss, distiller = Loss(), Distiller()
    bank = torch.arange(6.0)[:, None]
    objective = Objective(
        [Weighted("Loss", 1.0, loss)], [Weighted("D", 1.0, distiller)], 1.0, bank, student_dim=1
    )
    features = torch.tensor([[10.0], [20.0], [30.0]], requires_grad=True)
    outputs = Outputs(features, torch.tensor([[1.0], [2.0], [3.0]]))
    total, _ = objective(
        outputs, torch.tensor([1, 0, 5]), torch.tensor([7, 8]), torch.tensor([0, 1, 2])
    )
    assert loss.saw == ([[10.0], [20.0]], [7, 8], [0, 1], [[1.0], [2.0]])
    assert distiller.saw == ([[10.0], [20.0], [30.0]], [[1.0], [0.0], [5.0]], [0, 1, 2])
    assert total.item() == 30.0 + 60.0
