"""Codes that stand among the regions of a table and are none: what lies abroad, or could not be placed.

Readers set the figures of them aside, so that none is ever taken for a region, and count their rows.
"""

import csv
import re
from collections.abc import Iterable
from functools import cache

from pipelines.settings import DBT_PROJECT

SEED = DBT_PROJECT / "seeds" / "region_remainders.csv"


@cache
def _rules() -> list[tuple[re.Pattern[str], str]]:
    """The patterns of the seed, each with the code beside which it holds; empty where it always does."""
    with SEED.open(encoding="utf-8", newline="") as file:
        return [(re.compile(row["pattern"]), row["beside"]) for row in csv.DictReader(file)]


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
