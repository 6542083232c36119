"""How often a program looks for objects that only refer to each other. Not here: how much memory one may take."""

import gc

# Python looks at every 700 new objects, which is a seventh of a run without news; what it would find is some megabytes.
_OBJECTS, _ROUNDS = 50_000, 20


def collect_seldom() -> None:
    """For a program that makes many objects, keeps most of them, and ends soon."""
    gc.set_threshold(_OBJECTS, _ROUNDS, _ROUNDS)
