"""Codes among the regions of a table that are not regions: what is abroad, or could not be classified.

Readers set their figures aside, so that none is ever taken for a region, and count their rows.
"""

import re
from collections.abc import Iterable
from functools import cache

from pipelines.seeds import RegionRemainder, read_seed


@cache
def _rules() -> list[tuple[re.Pattern[str], str]]:
    """The patterns of the seed, each with the code that must be present as well; empty where it always applies."""
    return [(re.compile(row.pattern), row.beside) for row in read_seed(RegionRemainder)]


def remainders_among(codes: Iterable[str]) -> set[str]:
    """Those of a table's region codes that are not regions.

    `NL00` is the whole country in tables of districts and neighbourhoods. Where `NL01` is there too, `NL00` is the sum
    of the country, abroad and what could not be classified.
    """
    listed = set(codes)
    return {
        code
        for code in listed
        if any(pattern.fullmatch(code) and (not beside or beside in listed) for pattern, beside in _rules())
    }
