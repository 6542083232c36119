"""Codes that stand among the regions of a table and are none: what lies abroad, or could not be placed.

Readers set the figures of them aside, so that none is ever taken for a region, and count their rows.
"""

import re
from collections.abc import Iterable
from functools import cache

from pipelines.seeds import RegionRemainder, read_seed


@cache
def _rules() -> list[tuple[re.Pattern[str], str]]:
    """The patterns of the seed, each with the code beside which it holds; empty where it always does."""
    return [(re.compile(row.pattern), row.beside) for row in read_seed(RegionRemainder)]


def remainders_among(codes: Iterable[str]) -> set[str]:
    """Those of a table's region codes that are no region.

    `NL00` is the whole country in tables of districts and neighbourhoods. Where `NL01` is there too, it is the sum of
    the country, of abroad and of what could not be placed.
    """
    listed = set(codes)
    return {
        code
        for code in listed
        if any(pattern.fullmatch(code) and (not beside or beside in listed) for pattern, beside in _rules())
    }
