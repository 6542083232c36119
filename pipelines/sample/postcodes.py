"""Addresses with their postcode and municipality: a few real postcodes, and an invented one for every municipality.

Real ones are those of the middle of large towns, and lead to the town that they are of. Invented ones begin with a
nought, which no postcode does. House numbers and neighbourhoods are invented.
"""

from __future__ import annotations

from typing import Any

from pipelines.sources.card import SourceCard

from .boundaries import in_year
from .sheets import Sheet, header_of, layout_of

# The first and the last of postcodes that follow each other and lie in one town as a whole.
REAL = (
    (1011, 1019, "GM0363"),
    (1051, 1059, "GM0363"),
    (1071, 1079, "GM0363"),
    (1811, 1817, "GM0361"),
    (2011, 2015, "GM0392"),
    (2511, 2518, "GM0518"),
    (2561, 2566, "GM0518"),
    (2611, 2616, "GM0503"),
    (2801, 2809, "GM0513"),
    (3011, 3016, "GM0599"),
    (3031, 3039, "GM0599"),
    (3071, 3079, "GM0599"),
    (3311, 3319, "GM0505"),
    (3511, 3515, "GM0344"),
    (3521, 3528, "GM0344"),
    (3811, 3819, "GM0307"),
    (4331, 4338, "GM0687"),
    (4381, 4389, "GM0718"),
    (4811, 4819, "GM0758"),
    (5211, 5216, "GM0796"),
    (5611, 5617, "GM0772"),
    (6211, 6219, "GM0935"),
    (6411, 6419, "GM0917"),
    (6811, 6816, "GM0202"),
    (7311, 7317, "GM0200"),
    (7411, 7419, "GM0150"),
    (7511, 7514, "GM0153"),
    (8011, 8017, "GM0193"),
    (8911, 8919, "GM0080"),
    (9401, 9408, "GM0106"),
    (9711, 9718, "GM0014"),
)


def sheet(card: SourceCard) -> Sheet:
    """The file of a card of postcodes: a row for each address."""
    year = card.boundary_year or 0
    invented = [(number, municipality.code) for number, municipality in enumerate(in_year(year), 1)]
    real = [(number, code) for first, last, code in REAL for number in range(first, last + 1)]
    header, rows = header_of(layout_of(card)), []
    for number, code in sorted([*invented, *real]):
        digits = code.removeprefix("GM")
        for house in range(1, 2 + number % 3):
            cells: dict[str, Any] = {
                "PC6": f"{number:04}AA",
                "Huisnummer": str(house),
                "Buurt2025": f"{digits}0001",
                "Wijk2025": f"{digits}00",
                "Gemeente2025": digits,
            }
            rows.append([cells[name] for name in header])
    return Sheet(None, header, rows)
