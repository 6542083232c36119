"""The groups that a municipality is compared in: which there are for it, and which a reader chose."""

from collections.abc import Iterable, Sequence
from typing import Any

# The parameter by which a reader chooses, and the group of all municipalities.
PEER_GROUP = "group"
EVERYONE = "all"


def shown_groups(choices: Sequence[str], asked: str | None) -> dict[str, Any]:
    """Returns which of the groups of a municipality are shown, and the one that was asked for if it is not in that."""
    others = [group for group in choices if group != EVERYONE]
    chosen = [asked] if asked in others else others[:1]
    return {
        "peer_choices": others,
        "shown_peers": [*chosen, *(group for group in choices if group == EVERYONE)],
        "unknown_group": asked if asked and asked not in choices else None,
    }


def groups_among(groups: Iterable[str], known: Iterable[str]) -> list[str]:
    """Returns the groups that are known for a municipality, in the order of the release."""
    there = set(known)
    return [group for group in groups if group in there]
