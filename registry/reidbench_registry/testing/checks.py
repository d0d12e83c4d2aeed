"""Which checks an entry of each kind has to pass, in their order."""

from __future__ import annotations

from collections.abc import Callable

from . import (
    backbone,
    common,
    dataset,
    deployment,
    distiller,
    loss,
    metric,
    sampler,
    task,
    transform,
)
from .common import CLAIMS
from .subject import Subject

Check = Callable[[Subject], None]
"""Its name and its docstring say what must be true."""

_FIRST = (common.loads, common.builds)
_CLASS = (*_FIRST, common.has_every_member, common.is_documented, common.uses_no_pickle)
_TENSORS = (*_CLASS, common.documents_shapes, common.claims_what_is_known)

CHECKS: dict[str, tuple[Check, ...]] = {
    "backbone": (
        *_TENSORS,
        backbone.says_what_it_embeds,
        backbone.embeds_mixed_batches,
        backbone.keeps_the_order,
        backbone.tells_items_apart,
        backbone.gradient_reaches_every_parameter,
        backbone.is_deterministic,
        backbone.saves_and_loads,
        backbone.refuses_what_it_cannot_use,
        backbone.applies_transforms,
        backbone.works_in_bfloat16,
        deployment.towers_equal_encode,
        deployment.resizes_as_it_says,
    ),
    "loss": (
        *_TENSORS,
        loss.gives_named_scalars,
        loss.gradient_reaches_features,
        loss.gradient_reaches_its_parameters,
        loss.survives_batches_without_pairs,
        loss.survives_an_empty_batch,
        loss.is_deterministic,
        loss.works_in_bfloat16,
    ),
    "distiller": (
        *_TENSORS,
        distiller.gives_a_scalar,
        distiller.gradient_reaches_the_student_only,
        distiller.is_zero_at_the_optimum,
        distiller.takes_other_dimensions,
        distiller.survives_small_batches,
        distiller.is_deterministic,
        distiller.works_in_bfloat16,
    ),
    "dataset": (
        *_CLASS,
        dataset.has_a_complete_card,
        dataset.indexes_whole_records,
        dataset.splits_share_nobody,
        dataset.has_a_stable_fingerprint,
        dataset.is_built_without_reading,
        dataset.refuses_wrong_arguments,
        dataset.writes_below_its_cache_only,
        dataset.notes_are_lines,
    ),
    "task": (
        *_FIRST,
        common.is_documented,
        task.gives_a_task,
        task.has_a_stable_identity,
        task.can_be_tuned_on_val,
    ),
    "protocol": (
        *_FIRST,
        common.is_documented,
        task.gives_a_protocol,
        task.repeats_itself,
        task.can_be_tuned_on_val,
    ),
    "metric": (
        *_CLASS,
        common.documents_shapes,
        metric.gives_a_figure_per_query,
        metric.judges_each_query_alone,
        metric.rewards_better_ranks,
        metric.survives_no_queries,
        metric.is_deterministic,
    ),
    "sampler": (
        *_CLASS,
        sampler.forms_batches_of_indices,
        sampler.is_decided_by_seed_and_epoch,
        sampler.loses_nobody,
        sampler.refuses_too_few_records,
    ),
    "transform": (
        *_CLASS,
        transform.keeps_pictures_pictures,
        transform.keeps_captions_captions,
        transform.takes_all_randomness_from_rng,
        transform.leaves_its_input,
        transform.has_an_integer_version,
    ),
}

__all__ = ["CHECKS", "CLAIMS", "Check"]
