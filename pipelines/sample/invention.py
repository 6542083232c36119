"""How each figure of the sample is invented: by a row of `invented.csv`, or else from the unit of its measure."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Literal, get_args

from pipelines.seeds import csv_rows
from pipelines.sources.dimensions import Measure

from .figures import uniform
from .rates import Rate

FILE = Path(__file__).resolve().parent / "invented.csv"
InventionKind = Literal["count", "flow", "area", "mean", "per_1000", "index", "ratio", "label"]
HECTARES = 100
KINDS: dict[str, InventionKind] = {kind: kind for kind in get_args(InventionKind)}


@dataclass(frozen=True)
class Invention:
    """How one measure is invented.

    Attributes:
        key: the key of its random numbers.
        kind: `count` adds up from municipality to country, `flow` also from month to year, `area` is counted in
            hectares and published in square kilometres, `mean` is weighted by inhabitants, `per_1000` is a count for
            every 1,000 inhabitants, `index` is the same everywhere and 100 in one year; in files only, `ratio` is one
            measure over another and `label` its class in words.
        like: what is counted, as an expression for `rates.members`; empty for a rate of its own. Of an index, the year
            in which it is 100.
        rate: its own rate; for something counted like another, only the marks are used.
        divisor: what a count is divided by to get the unit of the measure.
        decimals: the number of decimals of the published figure.
        wire: the source's own spelling on OData v3, with its running number.
    """

    key: str
    kind: InventionKind
    like: str
    rate: Rate
    divisor: int
    decimals: int
    wire: str


def invention_of(dataset_id: str, measure: Measure) -> Invention:
    """How the figures of a measure are invented."""
    default = _by_unit(f"{dataset_id} {measure.code}", measure)
    row = next(
        (row for row in _rows() if row["dataset"] == dataset_id and fnmatchcase(measure.code, row["measure"])), None
    )
    if row is None:
        return default
    rate = Rate(
        float(row["level"] or default.rate.level),
        float(row["spread"] or default.rate.spread),
        float(row["growth"] or default.rate.growth),
        int(row["step"] or default.rate.step),
        row["marks"] if row["like"] or row["level"] else default.rate.marks,
    )
    kind = KINDS[row["kind"]] if row["kind"] else "count" if row["like"] else default.kind
    decimals = {"per_1000": 1, "area": 2, "index": 2}.get(kind, default.decimals)
    divisor = HECTARES if kind == "area" else default.divisor
    return replace(
        default, kind=kind, like=row["like"], rate=rate, divisor=divisor, decimals=decimals, wire=row["wire"]
    )


@cache
def _rows() -> list[dict[str, str]]:
    return csv_rows(FILE)


def _by_unit(key: str, measure: Measure) -> Invention:
    """The likely invention given the unit, or the title if there is no unit."""
    unit = (measure.unit or measure.title).casefold()
    u = uniform("level", key)

    def mean(level: float, decimals: int) -> Invention:
        return Invention(key, "mean", "", Rate(level, 0.25, 1.005, marks="."), 1, decimals, "")

    def count(level: float, step: int, divisor: int, decimals: int) -> Invention:
        return Invention(key, "count", "", Rate(level, 0.3, 1.01, step, ".x"), divisor, decimals, "")

    if unit.startswith("%") or "procent" in unit:
        return mean(5 + 55 * u, 1)
    if re.search(r"per 1 ?000|per 10 ?000|km|index", unit):
        return mean(1 + 9 * u, 1)
    if "mln" in unit:
        return count(0.01 + 0.05 * u, 1, 1, 0)
    if "euro" in unit:
        return mean(20 + 40 * u, 1) if "000" in unit else mean(20_000 + 40_000 * u, 0)
    if unit in ("x 1 000", "x 1000", "1 000"):
        return count(0.05 + 0.2 * u, 100, 1000, 1)
    return count(0.005 + 0.03 * u, 5, 1, 0)
