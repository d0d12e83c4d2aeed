"""The conformance kit itself: what is right passes, and every check can fail."""

from pathlib import Path
from unittest import SkipTest

import pytest

from reidbench_registry import Entry, Owner
from reidbench_registry.testing import cases_of
from reidbench_registry.testing.checks import CHECKS

GOOD = {kind: f"Good{kind.capitalize()}" for kind in CHECKS} | {
    "task": "good_task",
    "protocol": "good_protocol",
}
BAD = {
    "loss": {
        "loads": "NO_CLASS",
        "builds": "LossNeedsArgument",
        "has_every_member": "LossWithoutCall",
        "is_documented": "LossUndocumented",
        "uses_no_pickle": "GoodLoss",  # the module of the specimens imports pickle
        "documents_shapes": "LossWithoutShapes",
        "claims_what_is_known": "LossClaimsTooMuch",
        "gives_named_scalars": "LossVector",
        "gradient_reaches_features": "LossWithoutGradient",
        "gradient_reaches_its_parameters": "LossWithIdleProxy",
        "survives_batches_without_pairs": "LossNaNWithoutPairs",
        "survives_an_empty_batch": "LossNaNWhenEmpty",
        "is_deterministic": "LossAtRandom",
        "works_in_bfloat16": "LossOverflowsInHalf",
    },
    "distiller": {
        "has_every_member": "DistillerWithoutFit",
        "gives_a_scalar": "DistillerVector",
        "gradient_reaches_the_student_only": "DistillerMovesTeacher",
        "is_zero_at_the_optimum": "DistillerNotZero",
        "takes_other_dimensions": "DistillerOfOneDim",
        "survives_small_batches": "DistillerNaNWhenEmpty",
        "is_deterministic": "DistillerNormalisesInPlace",
        "works_in_bfloat16": "DistillerOverflowsInHalf",
    },
    "metric": {
        "gives_a_figure_per_query": "MetricMean",
        "judges_each_query_alone": "MetricRelative",
        "rewards_better_ranks": "MetricUpsideDown",
        "survives_no_queries": "MetricNeedsQueries",
        "is_deterministic": "MetricAtRandom",
    },
    "sampler": {
        "forms_batches_of_indices": "SamplerOfNumpy",
        "is_decided_by_seed_and_epoch": "SamplerUnseeded",
        "loses_nobody": "SamplerForgetsSome",
        "refuses_too_few_records": "SamplerTakesNothing",
    },
    "transform": {
        "keeps_pictures_pictures": "TransformToGrey",
        "keeps_captions_captions": "TransformEatsWords",
        "takes_all_randomness_from_rng": "TransformWithGlobalRNG",
        "leaves_its_input": "TransformInPlace",
        "has_an_integer_version": "TransformOfSomeVersion",
    },
    "task": {
        "is_documented": "task_undocumented",
        "gives_a_task": "task_none",
        "has_a_stable_identity": "task_unstable",
        "can_be_tuned_on_val": "task_deaf",
    },
    "protocol": {
        "gives_a_protocol": "protocol_empty",
        "repeats_itself": "protocol_unstable",
        "can_be_tuned_on_val": "protocol_deaf",
    },
    "dataset": {
        "has_a_complete_card": "DatasetWithoutLicence",
        "indexes_whole_records": "DatasetRepeats",
        "splits_share_nobody": "DatasetLeaks",
        "has_a_stable_fingerprint": "DatasetUnstable",
        "is_built_without_reading": "DatasetReadsEarly",
        "refuses_wrong_arguments": "DatasetTakesAnything",
        "writes_below_its_cache_only": "DatasetWritesIntoRoot",
        "notes_are_lines": "DatasetNotesOneString",
    },
    "backbone": {
        "says_what_it_embeds": "BackboneOfUnknown",
        "embeds_mixed_batches": "BackboneOfOtherSize",
        "keeps_the_order": "BackboneOfBatches",
        "tells_items_apart": "BackboneBlind",
        "gradient_reaches_every_parameter": "BackboneWithIdleWeights",
        "is_deterministic": "BackboneAtRandom",
        "saves_and_loads": "BackboneSavesAPickle",
        "refuses_what_it_cannot_use": "BackboneLetsThrough",
        "applies_transforms": "BackboneIgnoresTransforms",
        "works_in_bfloat16": "BackboneOverflowsInHalf",
        "towers_equal_encode": "BackboneWithAnotherTower",
        "resizes_as_it_says": "BackboneResizesOtherwise",
    },
}
FAILURES = [(kind, check, name) for kind, checks in BAD.items() for check, name in checks.items()]


@pytest.fixture
def specimen(monkeypatch):
    monkeypatch.syspath_prepend(Path(__file__).parent)
    owner = Owner("specimens", "specimens", "1")
    return lambda kind, name: cases_of([Entry(kind, name, f"specimens:{name}", owner)])


@pytest.mark.parametrize(("kind", "name"), [*GOOD.items(), ("loss", "GoodProxyLoss")])
def test_what_keeps_its_contract_passes(specimen, kind, name, tmp_path):
    for i, case in enumerate(specimen(kind, name)):
        if case.name == "uses_no_pickle":
            continue
        folder = tmp_path / str(i)
        folder.mkdir()
        try:
            case.run(folder)
        except SkipTest as skipped:
            assert str(skipped) in ("it needs equal dimensions", "it has no parameters"), case


@pytest.mark.parametrize(("kind", "check", "name"), FAILURES)
def test_every_check_can_fail(specimen, kind, check, name, tmp_path):
    (case,) = [c for c in specimen(kind, name) if c.name == check]
    with pytest.raises(Exception) as failure:
        case.run(tmp_path)
    assert not isinstance(failure.value, SkipTest), failure.value


def test_every_check_of_every_kind_is_seen_to_fail():
    seen = {(kind, check) for kind, check, _ in FAILURES}
    for kind, checks in CHECKS.items():
        for check in checks:
            # What all kinds share is tried on one of them.
            if check.__module__.endswith(".common"):
                assert any(c == check.__name__ for _, c in seen), check.__name__
            else:
                assert (kind, check.__name__) in seen, f"{kind}: {check.__name__}"


def test_a_missing_member_is_named(specimen, tmp_path):
    cases = {c.name: c for c in specimen("distiller", "DistillerWithoutFit")}
    with pytest.raises(AssertionError, match="it lacks fit, which Distiller asks for"):
        cases["has_every_member"].run(tmp_path)


def test_every_check_says_what_holds():
    for checks in CHECKS.values():
        for check in checks:
            assert (check.__doc__ or "").strip().endswith("."), check.__name__
