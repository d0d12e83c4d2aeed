"""The cards of the installed data sets, without their data."""

from __future__ import annotations

from reidbench_registry import (
    MODALITIES,
    ConfigError,
    DatasetCard,
    Entry,
    PluginError,
    ReidbenchError,
)
from reidbench_registry.errors import explain
from reidbench_registry.signature import signature

UNREAD = "unread"


def card_of(entry: Entry) -> DatasetCard:
    """The card of a data set entry, as it is before any file is read.

    A card belongs to an object, and most objects need a root. The contract says that building an
    object reads nothing, so each required argument gets the name of a folder that does not exist,
    or a list of one.

    Raises PluginError when the entry cannot be loaded, or refuses such a name."""
    needed = [name for name, needed in signature(entry).parameters.items() if needed]
    target = entry.load()
    try:
        try:
            card = target(**dict.fromkeys(needed, UNREAD)).card
        except ConfigError:
            card = target(**{name: [UNREAD] for name in needed}).card
    except ReidbenchError as error:
        raise PluginError(f"no card without its arguments: {error}") from None
    except Exception as error:  # third-party code, called in a way that it may not expect
        raise PluginError(f"no card: {explain(error, entry.owner.distribution)}") from error
    if not isinstance(card, DatasetCard):
        raise PluginError(f"dataset {entry.name!r}: its card is a {type(card).__name__}")
    return card


def total(card: DatasetCard, what: str) -> int | None:
    """Published number of identities (`identities`) or pictures (`images`) of all splits together;
    None where the card does not give it for each split."""
    names = {what} if what == "identities" else {*MODALITIES} - {"text"}
    each = [[n for k, n in split.items() if k in names] for split in card.counts.values()]
    return sum(map(sum, each)) if each and all(each) else None
