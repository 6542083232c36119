"""How what happens in storage is told to a person, one line at a time."""

from collections.abc import Callable

Tell = Callable[[str], None]


def tell_nobody(line: str) -> None:
    """Say nothing."""


def size(number: int) -> str:
    """A number of bytes, in MB."""
    return f"{number / 1e6:.1f} MB"
