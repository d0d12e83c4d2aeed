"""Heads of ranked lists against a dense sort, and against the ranks that are scored."""

import hashlib

import numpy as np
import pytest
import torch

from reidbench.evaluation.plan import plan
from reidbench.evaluation.ranking import rank
from reidbench.evaluation.top_k import Heads, top_k
from reidbench_registry import DataError, Record, Selector, Task

RULES = ("none", "same_instance", "same_pid_camera", "same_location_any_pid")


def side(rng, count, modality):
    return [
        Record(
            f"{modality}{i}", "toy", "test", modality, str(rng.integers(12)),
            camera_id=str(rng.integers(3)), instance_id=str(rng.integers(20)),
            location_id=str(rng.integers(2)),
        )
        for i in range(count)
    ]  # fmt: skip


def case(seed):
    """Whole numbers of few values: norms and products tie often, within rounding and exactly."""
    rng = np.random.default_rng(seed)
    query, gallery = side(rng, rng.integers(1, 30), "ir"), side(rng, rng.integers(1, 60), "rgb")
    dim = int(rng.integers(2, 6))
    q, g = (torch.from_numpy(rng.integers(-1, 3, (len(x), dim))).float() for x in (query, gallery))
    task = Task(
        "t", Selector("ir"), Selector("rgb"), RULES[seed % 4], ("item", "identity")[seed % 2]
    )
    k = int(rng.integers(1, 12))
    return rng, task, query, q, gallery, g, k, 40 * len(gallery) * int(rng.integers(1, 9)) // 9


def is_excluded(rule, one, other):
    return {
        "none": False,
        "same_instance": one.instance_id == other.instance_id,
        "same_pid_camera": (one.pid, one.camera_id) == (other.pid, other.camera_id),
        "same_location_any_pid": one.location_id == other.location_id,
    }[rule]


def whole(rows, rule, one, gallery):
    """The whole list of one query: (column, excluded), from a row of similarities."""
    digest = [hashlib.sha256(b"0:" + r.item_id.encode()).digest() for r in gallery]
    order = sorted(range(len(gallery)), key=lambda j: (-rows[j], digest[j]))
    return [(j, is_excluded(rule, one, gallery[j])) for j in order]


@pytest.mark.parametrize("seed", range(240))
def test_heads_are_those_of_the_ranking_that_is_scored(seed):
    rng, task, query, q, gallery, g, k, memory = case(seed)
    made = plan(task, query, gallery)
    rows = {}

    def keep(chunk):
        for i, row in enumerate(chunk.similarity):
            rows[chunk.first + i] = (row * chunk.inverse_norm).tolist()

    ranking = rank(made, q, g, memory=memory, watch=keep)
    chosen = rng.permutation(len(query))[: int(rng.integers(1, 8))].tolist()
    heads = top_k(made, q, g, chosen, k, memory=memory)
    assert list(heads) == sorted(chosen)
    watching = Heads(made, chosen, k)
    rank(made, q, g, memory=memory, watch=watching)

    of_valid = {int(v): i for i, v in enumerate(ranking.valid)}
    for number, head in heads.items():
        # The dense list, cut after the k-th admissible item.
        listed, admissible, excluded = [], 0, 0
        for column, out in whole(rows[number], task.exclude, query[number], gallery):
            excluded += out
            if not out or excluded <= k:
                listed.append((column, 0 if out else (admissible := admissible + 1)))
            if admissible == k:
                break
        assert list(zip(head.column.tolist(), head.rank.tolist(), strict=True)) == listed
        assert head.more_excluded == max(0, excluded - k)
        assert head.similarity.tolist() == [rows[number][c] for c, _ in listed]
        assert (watching.of_query[number].column == head.column).all()

        # The positives in it have the ranks that are scored.
        right = [r for c, r in listed if r and gallery[c].pid == query[number].pid]
        if number in of_valid:
            a, b = ranking.exact.offsets[of_valid[number] :][:2]
            scored = ranking.exact.ranks[a:b]
            assert right == scored[scored <= admissible].tolist()
            if task.cmc == "identity" and right:
                before = {gallery[c].pid for c, r in listed if 0 < r < right[0]}
                assert ranking.exact.identities_above[of_valid[number]] == len(before)
        else:
            assert not right


def test_similarities_are_cosines():
    rng = np.random.default_rng(0)
    query, gallery = side(rng, 7, "ir"), side(rng, 50, "rgb")
    q, g = (torch.randn(n, 16, dtype=torch.float64) for n in (7, 50))
    cosines = torch.nn.functional.normalize(q) @ torch.nn.functional.normalize(g).T
    made = plan(Task("t", Selector("ir"), Selector("rgb")), query, gallery)
    for number, head in top_k(made, q, g, range(7), 50).items():
        assert head.column.tolist() == cosines[number].argsort(descending=True).tolist()
        assert head.similarity == pytest.approx(cosines[number][head.column].numpy(), abs=1e-6)


def test_refusals():
    rng = np.random.default_rng(0)
    made = plan(Task("t", Selector("ir"), Selector("rgb")), side(rng, 2, "ir"), side(rng, 3, "rgb"))
    q, g = torch.ones(2, 4), torch.ones(3, 4)
    with pytest.raises(DataError, match="query 2: there are 2 queries"):
        top_k(made, q, g, [0, 2], 3)
    with pytest.raises(DataError, match="first 0 items"):
        top_k(made, q, g, [0], 0)
    with pytest.raises(DataError, match="gallery: 1 features are not finite"):
        top_k(
            made,
            q,
            torch.full((3, 4), torch.nan)
            .where(torch.eye(3, 4) > 1, g)
            .index_fill(0, torch.tensor([1]), torch.nan),
            [0],
            1,
        )
