"""How many rows a reader got, kept and left out, so that the three can be compared.

The reasons are those of the seed `row_outcomes.csv`, which gives them their titles.
"""

from collections import Counter
from typing import NamedTuple

KEPT = "kept"
NOT_ASKED_FOR = "not_asked_for"
NOT_CLASSIFIED = "not_classified"
NOT_PLACED = "not_placed"


class Tally(NamedTuple):
    """The rows of a source: those received below the header, those kept, and those left out, by reason.

    Each is counted where it happens, so that a row lost on the way shows up. What is not a row at all, such as the
    header and what is above it, is not counted.
    """

    received: int
    kept: int
    left_out: dict[str, int]

    @property
    def is_complete(self) -> bool:
        """Whether what was kept and left out adds up to what was received."""
        return self.received == self.kept + sum(self.left_out.values())

    @property
    def outcomes(self) -> dict[str, int]:
        """What became of the rows: kept, and every reason for which any were left out."""
        return {KEPT: self.kept, **self.left_out}

    def and_(self, other: "Tally") -> "Tally":
        """Both together."""
        added = Counter(self.left_out) + Counter(other.left_out)
        return Tally(self.received + other.received, self.kept + other.kept, dict(sorted(added.items())))

    def then(self, kept: int, left_out: dict[str, int]) -> "Tally":
        """The tally when some of the rows that were kept are left out after all."""
        added = Counter(self.left_out) + Counter(left_out)
        return Tally(self.received, kept, dict(sorted(added.items())))


NOTHING = Tally(0, 0, {})
