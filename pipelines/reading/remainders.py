"""Codes that stand among the regions of a table and are none: what lies abroad, or could not be placed.

Figures of them are set aside as they are read, so that none is ever taken for a region, and their rows are counted.
"""

import csv
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import polars as pl

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


def set_aside_remainders(folder: Path) -> int:
    """Take the rows of codes that are no region out of the observations that were read into a folder.

    Args:
        folder: with `observations.parquet`, and `codes.parquet` with all region codes that were asked for.

    Returns:
        How many rows were taken out.
    """
    codes = pl.scan_parquet(folder / "codes.parquet").filter(pl.col("role") == "region").select("code").collect()
    file, kept = folder / "observations.parquet", folder / "kept.parquet"
    # A file has no list of the codes that were asked for.
    found = pl.scan_parquet(file).select(pl.col("region_code").unique()).collect()["region_code"]
    remainders = remainders_among([*codes["code"], *found])
    if not remainders:
        return 0
    is_remainder = pl.col("region_code").is_in(sorted(remainders))
    rows = pl.scan_parquet(file)
    rows.filter(~is_remainder).sink_parquet(kept, compression="zstd")
    count = int(rows.filter(is_remainder).select(pl.len()).collect().item())
    kept.replace(file)
    return count
