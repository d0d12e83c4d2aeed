"""What a batch contains, that nothing is lost, that the seed decides everything."""

from collections import Counter, defaultdict

import pytest

from reidbench_registry import ConfigError, Record
from reidbench_samplers.pk_modality import PKModality
from reidbench_samplers.uniform import Uniform

FOUR = ("rgb", "ir", "sketch", "text")


def record(pid, modality, instance=None, number=0):
    item = f"{pid}/{instance}/{modality}/{number}"
    return Record(item, "d", "train", modality, pid, instance_id=instance)


def paired(instances):
    """pid i has instances[i] instances, each in four modalities."""
    return [
        record(f"p{i}", m, f"p{i}-{j}")
        for i, n in enumerate(instances)
        for j in range(n)
        for m in FOUR
    ]


def batches(sampler, records, seed=0, epoch=0):
    return [[records[i] for i in batch] for batch in sampler.epoch(records, seed, epoch)]


def test_a_batch_holds_p_identities_k_instances_and_all_their_modalities():
    records = paired([4] * 10)
    for batch in batches(PKModality(p=3, k=2), records):
        assert len(batch) == len({r.item_id for r in batch}) == 3 * 2 * 4
        assert sorted(Counter(r.pid for r in batch).values()) == [8, 8, 8]
        by_instance = defaultdict(set)
        for r in batch:
            by_instance[r.instance_id].add(r.modality)
        assert len(by_instance) == 6 and all(m == set(FOUR) for m in by_instance.values())


@pytest.mark.parametrize("instances", [[4] * 10, [1, 2, 3, 5, 8, 13, 1, 1], [1] * 7, [30, 1, 1]])
@pytest.mark.parametrize(("p", "k"), [(3, 2), (2, 4), (1, 1)])
def test_every_item_of_every_instance_is_drawn_in_every_epoch(instances, p, k):
    records = paired(instances)
    for epoch in range(3):
        found = batches(PKModality(p, k), records, epoch=epoch)
        assert {r.item_id for batch in found for r in batch} == {r.item_id for r in records}
        for batch in found:
            assert len({r.pid for r in batch}) == p and len(batch) == p * k * 4


def test_too_few_instances_are_repeated_and_enough_are_not():
    found = batches(PKModality(p=2, k=3), paired([1, 2, 3, 4, 5]))
    for batch in found:
        instances = defaultdict(list)
        for r in batch:
            if r.modality == "rgb":
                instances[r.pid].append(r.instance_id)
        for pid, drawn in instances.items():
            assert len(drawn) == 3 and len(set(drawn)) == min(3, int(pid[1:]) + 1)


def test_the_same_for_the_same_seed_and_epoch():
    records, sampler = paired([3, 1, 4, 1, 5]), PKModality(p=2, k=2)

    def drawn(seed, epoch):
        return list(sampler.epoch(records, seed, epoch))

    assert drawn(0, 0) == drawn(0, 0) == list(PKModality(2, 2).epoch(records, 0, 0))
    assert drawn(0, 0) != drawn(0, 1) and drawn(0, 0) != drawn(1, 0)


def test_missing_modalities_and_several_captions():
    records = [record("a", "rgb", "1"), record("b", "rgb", "2"), record("b", "ir", "2")]
    records += [record("a", "text", "1", n) for n in range(3)]
    seen = Counter()
    for epoch in range(3):
        (batch,) = batches(PKModality(p=2, k=1), records, epoch=epoch)
        assert Counter((r.pid, r.modality) for r in batch) == Counter(
            [("a", "rgb"), ("a", "text"), ("b", "rgb"), ("b", "ir")]
        )
        seen.update(r.item_id for r in batch if r.modality == "text")
    assert len(seen) == 3


def test_without_instances_each_modality_gives_k_items():
    records = [record(p, "rgb", number=n) for p in "abc" for n in range(4)]
    records += [record(p, "ir", number=n) for p in "abc" for n in range(2)]
    found = batches(PKModality(p=2, k=2), records)
    for batch in found:
        assert set(Counter((r.pid, r.modality) for r in batch).values()) == {2}
    assert {r.item_id for batch in found for r in batch} == {r.item_id for r in records}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"p": 0}, "p=0"), ({"k": 1.5}, "k=1.5"), ({"p": True}, "p=True")],
)
def test_wrong_arguments(arguments, message):
    with pytest.raises(ConfigError, match=message):
        PKModality(**arguments)


def test_too_few_identities():
    with pytest.raises(ConfigError, match="p=8, but the records have 3 identities"):
        next(PKModality().epoch(paired([2, 2, 2]), 0, 0))


def test_uniform_draws_every_item_once_an_epoch_and_fills_the_last_batch():
    records = paired([3, 2])  # 20 items
    drawn = list(Uniform(size=8).epoch(records, 0, 0))
    assert [len(batch) for batch in drawn] == [8, 8, 8]
    assert all(len(set(batch)) == 8 for batch in drawn)
    counts = Counter(index for batch in drawn for index in batch)
    assert counts.keys() == set(range(20)) and sorted(counts.values()) == [1] * 16 + [2] * 4
    assert drawn == list(Uniform(size=8).epoch(records, 0, 0))
    assert drawn != list(Uniform(size=8).epoch(records, 0, 1))
    with pytest.raises(ConfigError, match=r"^Uniform: size=21, but there are 20 items$"):
        next(Uniform(size=21).epoch(records, 0, 0))
