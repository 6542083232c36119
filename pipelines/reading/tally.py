"""How many rows a reader got, kept and left out, so that the three can be held against each other."""

from collections import Counter
from typing import NamedTuple


class Tally(NamedTuple):
    """The rows of a source: those received below the header, and those left out, by the reason why.

    What is no row at all, such as the header and what stands above it, is not counted.
    """

    received: int
    left_out: dict[str, int]

    @property
    def kept(self) -> int:
        """How many rows were read."""
        return self.received - sum(self.left_out.values())

    def and_(self, other: "Tally") -> "Tally":
        """Both together."""
        added = Counter(self.left_out) + Counter(other.left_out)
        return Tally(self.received + other.received, dict(sorted(added.items())))


NOTHING = Tally(0, {})
