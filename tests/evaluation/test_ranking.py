"""Ranks against a plain full sort, the exclusion rules, ties, and what is refused."""

import hashlib

import numpy as np
import pytest
import torch

from reidbench.evaluation import kernel_torch, ranking
from reidbench.evaluation.plan import plan
from reidbench.evaluation.ranking import best_for_cpu
from reidbench_registry import DataError, Record, Selector, Task

KERNELS = {"best": best_for_cpu(), "torch": kernel_torch.count}


def rank(task, query, q, gallery, g, kernel="best", **more):
    q, g = torch.as_tensor(q), torch.as_tensor(g)
    return ranking.rank(plan(task, query, gallery), q, g, kernel=KERNELS[kernel], **more)


def record(item, modality, pid, **more):
    return Record(item, "toy", "test", modality, pid, **more)


def task(exclude="none", cmc="item"):
    return Task("t", Selector("ir"), Selector("rgb"), exclude, cmc)


def slow(task, query, q, gallery, g):
    """Sort everything, walk down the list, once per query."""
    q = q.astype(np.float32) / np.linalg.norm(q.astype(np.float32), axis=1, keepdims=True)
    g = g.astype(np.float32) / np.linalg.norm(g.astype(np.float32), axis=1, keepdims=True)
    out, above, valid = [], [], 0
    for one, feature in zip(query, q, strict=True):
        listed = []
        for other, vector in zip(gallery, g, strict=True):
            drop = {
                "none": False,
                "same_instance": one.instance_id == other.instance_id,
                "same_pid_camera": (one.pid, one.camera_id) == (other.pid, other.camera_id),
                "same_location_any_pid": one.location_id == other.location_id,
            }[task.exclude]
            if not drop:
                digest = hashlib.sha256(b"0:" + other.item_id.encode()).digest()
                listed.append((-np.float32(feature @ vector), digest, other.pid))
        listed.sort()
        places = [at for at, row in enumerate(listed, start=1) if row[2] == one.pid]
        if places:
            valid += 1
            out.append(places)
            above.append(len({row[2] for row in listed[: places[0] - 1]}))
    return out, above, valid


def world(rng, integers, n_query=60, n_gallery=90, pids=25):
    """Small whole numbers make exact ties; pids 20.. never occur in the gallery."""

    def side(count, modality, most):
        return [
            record(
                f"{modality}{i}",
                modality,
                str(rng.integers(most)),
                camera_id=str(rng.integers(3)),
                instance_id=str(rng.integers(30)),
                location_id=str(rng.integers(2)),
            )
            for i in range(count)
        ]

    draw = (
        (lambda n: rng.integers(1, 3, (n, 4))) if integers else (lambda n: rng.normal(size=(n, 16)))
    )
    query, gallery = side(n_query, "ir", pids), side(n_gallery, "rgb", 20)
    # Scaled so that every product is exact in fp32 and ties are real in both computations.
    return query, draw(n_query).astype(float), gallery, draw(n_gallery).astype(float)


@pytest.mark.parametrize(
    "exclude", ["none", "same_instance", "same_pid_camera", "same_location_any_pid"]
)
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kernel", KERNELS)
def test_ranks_equal_a_full_sort(exclude, seed, kernel):
    query, q, gallery, g = world(np.random.default_rng(seed), integers=False)
    # A budget of 17 rows: several chunks, the last one not full.
    found = rank(task(exclude, "identity"), query, q, gallery, g, kernel, memory=40 * 90 * 17 // 9)
    places, above, valid = slow(task(exclude), query, q, gallery, g)
    assert (found.n_query, found.n_valid, found.n_gallery) == (60, valid, 90)
    assert found.n_valid < found.n_query  # absent identities are skipped and counted
    assert found.exact.ranks.tolist() == [place for row in places for place in row]
    assert np.diff(found.exact.offsets).tolist() == [len(row) for row in places]
    assert found.exact.identities_above.tolist() == above


@pytest.mark.parametrize("kernel", KERNELS)
def test_heavy_ties_are_ordered_by_the_hash_of_the_id(kernel):
    query, _, gallery, _ = world(np.random.default_rng(0), integers=True)
    # One-hot features: similarities are exactly 0 or 1, so nearly everything is tied.
    q = np.eye(4)[np.random.default_rng(1).integers(4, size=60)]
    g = np.eye(4)[np.random.default_rng(2).integers(4, size=90)]
    found = rank(task(), query, q, gallery, g, kernel)
    places, _, _ = slow(task(), query, q, gallery, g)
    assert found.exact.ranks.tolist() == [place for row in places for place in row]


@pytest.mark.parametrize("kernel", KERNELS)
def test_bracket_is_what_near_ties_leave_open(kernel):
    """Four items at the same similarity, two of them positives, and a worse positive."""
    gallery = [record(i, "rgb", p) for i, p in zip("abcde", "12121", strict=True)]
    query = [record("q", "ir", "1")]
    g = np.array([[1, 0], [1, 0], [1, 1e-9], [1, 0], [0, 1]])
    found = rank(task(), query, np.array([[1.0, 0.0]]), gallery, g, kernel)
    assert found.optimistic.ranks.tolist() == [1, 2, 5]
    assert found.pessimistic.ranks.tolist() == [3, 4, 5]
    assert sorted(found.exact.ranks.tolist())[-1] == 5
    far = rank(task(), query, np.array([[1.0, 0.0]]), gallery, g + np.array([[0, 0.1]] * 5) *
               np.arange(5)[:, None], kernel)  # fmt: skip
    assert far.optimistic.ranks.tolist() == far.pessimistic.ranks.tolist() == [1, 3, 5]


@pytest.mark.parametrize("kernel", KERNELS)
def test_bracket_of_identities(kernel):
    """Two items each of three people at one similarity: nobody, or both others, stand before."""
    gallery = [record(i, "rgb", p) for i, p in zip("abcdefg", "1122334", strict=True)]
    g = np.array([[1, 0], [1, 1e-8], [1, 0], [1, 0], [1, 0], [1, 0], [0, 1]])
    found = rank(task(cmc="identity"), [record("q", "ir", "1")], np.array([[1.0, 0]]), gallery, g,
                 kernel)  # fmt: skip
    assert found.optimistic.identities_above.tolist() == [0]
    assert found.pessimistic.identities_above.tolist() == [2]
    assert 0 <= found.exact.identities_above[0] <= 2


def test_a_collapsed_model_scores_near_chance():
    people = [str(i // 4) for i in range(400)]
    gallery = [record(f"g{i:03}", "rgb", pid) for i, pid in enumerate(people)]
    query = [record(f"q{i:03}", "ir", pid) for i, pid in enumerate(people)]
    found = rank(task(), query, np.ones((400, 8)), gallery, np.ones((400, 8)))
    first = found.exact.ranks[found.exact.offsets[:-1]]
    assert found.chance_r1 == pytest.approx(0.01)
    # All queries see one and the same order, so exactly the 4 with the first item's pid hit.
    assert (first == 1).mean() == pytest.approx(0.01)


def test_hand_worked():
    gallery = [record("a", "rgb", "1", instance_id="x"), record("b", "rgb", "2", instance_id="y"),
               record("c", "rgb", "1", instance_id="z")]  # fmt: skip
    query = [record("q", "ir", "1", instance_id="x")]
    g = np.array([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0]])
    q = np.array([[10.0, 0.0]])
    assert rank(task(), query, q, gallery, g).exact.ranks.tolist() == [1, 3]
    # Without the photo that the query was made from, "b" comes first.
    assert rank(task("same_instance"), query, q, gallery, g).exact.ranks.tolist() == [2]


def test_refusals():
    gallery, query = [record("a", "rgb", "1")], [record("q", "ir", "1")]
    one = np.ones((1, 2))
    with pytest.raises(DataError, match="the query is empty \\(split 'test'"):
        rank(task(), [], one, gallery, one)
    with pytest.raises(DataError, match="the gallery is empty"):
        rank(task(), query, one, [], one)
    with pytest.raises(DataError, match="2 dimensions, the gallery 3"):
        rank(task(), query, one, gallery, np.ones((1, 3)))
    for rule, lack in [
        ("same_instance", "instance_id"),
        ("same_pid_camera", "camera_id"),
        ("same_location_any_pid", "location_id"),
    ]:
        with pytest.raises(DataError, match=f"2 items have no {lack}, first 'q'"):
            rank(task(rule), query, one, gallery, one)


@pytest.mark.parametrize("kernel", KERNELS)
def test_features_that_are_not_finite_are_named(kernel):
    gallery, query = [record("a", "rgb", "1")], [record(f"q{i}", "ir", "1") for i in range(3)]
    q = np.ones((3, 2))
    q[1, 0] = np.nan
    with pytest.raises(DataError, match="query: 1 features are not finite, rows 1"):
        rank(task(), query, q, gallery, np.ones((1, 2)), kernel)
    with pytest.raises(DataError, match=r"query: expected features\[3, D\], got \[2, 2\]"):
        rank(task(), query, q[:2], gallery, np.ones((1, 2)), kernel)


@pytest.mark.parametrize("kernel", KERNELS)
def test_everything_excluded_leaves_no_valid_query(kernel):
    gallery = [record("a", "rgb", "1", instance_id="x")]
    query = [record("q", "ir", "1", instance_id="x"), record("p", "ir", "2", instance_id="y")]
    found = rank(task("same_instance"), query, np.ones((2, 2)), gallery, np.ones((1, 2)), kernel)
    assert (found.n_query, found.n_valid) == (2, 0) and not len(found.exact.ranks)


def test_half_precision_features_are_compared_in_fp32():
    query, q, gallery, g = world(np.random.default_rng(0), integers=False)
    half = [torch.from_numpy(x).bfloat16() for x in (q, g)]
    plain = rank(task(), query, half[0].float(), gallery, half[1].float())
    assert rank(task(), query, *(half[0], gallery, half[1])).exact.ranks.tolist() == (
        plain.exact.ranks.tolist()
    )


def test_features_too_small_to_have_a_direction_are_zeros():
    """In one dimension torch keeps norms whose inverse is infinite: similarities would be NaN."""
    query = [record(f"q{p}", "ir", str(p)) for p in range(5)]
    gallery = [record(f"g{p}", "rgb", str(p)) for p in range(5)]
    found = rank(task(), query, np.ones((5, 1), "f4"), gallery, np.full((5, 1), 1e-40, "f4"))
    assert found.optimistic.ranks.tolist() == [1] * 5
    assert found.pessimistic.ranks.tolist() == [5] * 5
