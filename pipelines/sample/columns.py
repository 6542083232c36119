"""The figures of one column of a table, for all regions at once, so that they add up."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from pipelines.sources.periods import letters_of, number_of

from .figures import (
    around,
    compound,
    count,
    mark_of,
    mean,
    own_count,
    population,
    seasonal,
    shares,
    split,
    step_of,
    summed,
)
from .invention import Invention
from .periods import PER_YEAR
from .rates import RATES, members

# How much months and quarters differ from their year.
SEASON = 0.03
PART_OF_SECTION = 0.12


class SampleCell(NamedTuple):
    """The content of a cell: a number, or a mark in its place; `impossible` if there can be no number."""

    number: float | None
    mark: str = ""


class SamplePart(NamedTuple):
    """A part of a whole: the key by which it is divided, into how many parts, and which one; None for the whole."""

    key: str
    parts: int
    which: int | None


# The codes of CBS for a figure of a survey and the bounds of its interval, as parts of the figure.
MARGINS = {"MW00000": 1.0, "MOG0095": 0.9, "MBG0095": 1.1}
SampleColumn = Mapping[str, SampleCell]
IMPOSSIBLE = SampleCell(None, "impossible")


@lru_cache(256)
def column(
    invention: Invention, letter: str, parts: tuple[SamplePart, ...], year: int, period: str, boundary_year: int = 0
) -> SampleColumn:
    """The cells of every region that exists in a year.

    Args:
        invention: how the measure is invented.
        letter: the letter of a section or class, `part` for a code without one, empty for all.
        parts: for each other category, which part is meant.
        year: the year.
        period: the code of the period.
        boundary_year: the year whose regions are meant; 0 for those of the year itself.
    """
    whole_year = invention.kind == "flow" or letters_of(period) in ("JJ", "SJ")
    season = 1.0 if whole_year else around(1.0, SEASON, invention.key, period)
    if invention.kind == "index":
        return _index(invention, year, boundary_year)
    if invention.kind == "mean":
        return _means(invention, parts, year, season, boundary_year)
    units = _units(invention, letter, parts, year, season, boundary_year)
    if invention.kind == "flow":
        units = {code: _of_period(invention, number, code, period) for code, number in units.items()}
    marks = {code: mark for code in units if (mark := _mark(invention, code, year, boundary_year))}
    units = {code: 0 if code in marks else number for code, number in units.items()}
    totals = summed(units, year, boundary_year)
    if invention.kind == "per_1000":
        people = population(year, boundary_year)
        everyone = {**people, **summed(people, year, boundary_year)}
        found = {code: 1000 * number / everyone[code] for code, number in {**units, **totals}.items()}
    else:
        found = {code: number / invention.divisor for code, number in {**units, **totals}.items()}
    return {code: _cell(number, marks.get(code, ""), invention.decimals) for code, number in found.items()}


def _cell(number: float, mark: str, decimals: int) -> SampleCell:
    return SampleCell(None, mark) if mark else SampleCell(round(number, decimals))


def _mark(invention: Invention, code: str, year: int, boundary_year: int) -> str | None:
    keys = members(invention.like) if invention.like else ()
    if len(keys) == 1 and keys[0] in RATES:
        return mark_of(keys[0], RATES[keys[0]], code, year, boundary_year)
    return mark_of(invention.key, invention.rate, code, year, boundary_year)


def _units(
    invention: Invention, letter: str, parts: tuple[SamplePart, ...], year: int, season: float, boundary_year: int
) -> dict[str, int]:
    like, step = invention.like, invention.rate.step
    if not like:
        yearly = own_count(invention.key, invention.rate, year, boundary_year)
        whole = {code: seasonal(number, season, step) for code, number in yearly.items()}
    elif letter == "part":
        step = step_of(like)
        everything = count(like, year, season=season, boundary_year=boundary_year)
        whole = {code: step * round(number * PART_OF_SECTION / step) for code, number in everything.items()}
    else:
        step = step_of(like)
        whole = count(like, year, letter, season, boundary_year)
    if all(part.which is None for part in parts):
        return whole
    return {code: step * _part_of(number // step, parts, code) for code, number in whole.items()}


def _of_period(invention: Invention, number: int, code: str, period: str) -> int:
    """A year's number in a month, quarter or half-year: months add up to quarters, and quarters to the year."""
    parts = PER_YEAR.get(letters_of(period), 1)
    months = 12 // parts
    last = months * (number_of(period) if parts > 1 else 1)
    pieces = split(number // invention.rate.step, shares(f"{invention.key} months", 12, code))
    return invention.rate.step * sum(pieces[last - months : last])


def _part_of(number: int, parts: tuple[SamplePart, ...], code: str) -> int:
    """One part of a number that is divided along each dimension in turn; a whole is the sum of its parts."""
    if not parts:
        return number
    first, rest = parts[0], parts[1:]
    if first.parts < 2:
        return _part_of(number, rest, code)
    pieces = split(number, shares(first.key, first.parts, code))
    if first.which is not None:
        return _part_of(pieces[first.which], rest, code)
    return sum(_part_of(piece, rest, code) for piece in pieces)


def _index(invention: Invention, year: int, boundary_year: int) -> SampleColumn:
    years = year - int(invention.like)
    level = 100 * compound(invention.rate.growth, years) if years > 0 else 100 / compound(invention.rate.growth, -years)
    people = population(year, boundary_year)
    return dict.fromkeys([*people, *summed(people, year, boundary_year)], _cell(level, "", invention.decimals))


def _means(
    invention: Invention, parts: tuple[SamplePart, ...], year: int, season: float, boundary_year: int
) -> SampleColumn:
    factor = season
    for part in parts:
        factor *= MARGINS.get(part.key, 1.0)
        if part.which is not None and part.parts > 1:
            factor *= around(1.0, 0.3, "part", part.key, part.which)
    level = {code: value * factor for code, value in mean(invention.key, invention.rate, year, boundary_year).items()}
    people = population(year, boundary_year)
    sums = summed({code: value * people[code] for code, value in level.items()}, year, boundary_year)
    everyone = summed(people, year, boundary_year)
    above = {code: total / everyone[code] for code, total in sums.items()}
    own = {
        code: _cell(v, _mark(invention, code, year, boundary_year) or "", invention.decimals)
        for code, v in level.items()
    }
    return own | {code: _cell(v, "", invention.decimals) for code, v in above.items()}
