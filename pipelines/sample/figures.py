"""The invented figures: seeded, smooth over the years, and adding up from municipality to country.

Only the order of magnitude of rates is plausible; no figure here is real.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache
from hashlib import blake2b
from itertools import accumulate

from .boundaries import FIRST_BOUNDARY_YEAR, above, boundary_year_of, in_year, municipalities, territories
from .rates import RATES, Rate, members

# The best-known places keep their rank, so that readers are not misled about which are large or small.
# fmt: off
LARGEST = [
    "GM0363", "GM0599", "GM0518", "GM0344", "GM0772", "GM0014", "GM0855", "GM0034",
    "GM0758", "GM0268", "GM0153", "GM0200", "GM0202", "GM0392", "GM0307",
]
# fmt: on
SMALLEST = ["GM0088", "GM0096", "GM0277", "GM0060", "GM0093"]
SECRECY_BELOW_INHABITANTS = 10_000
CITY_FARMING = 0.1
# The cumulative probability of each mark.
_DRAWN = {".": 0.03, "x": 0.05, "-": 0.065, "0": 0.08}


def uniform(*key: str | int) -> float:
    """A number in [0, 1) that depends only on the key, on every machine and in every version of Python."""
    digest = blake2b(":".join(map(str, key)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


def around(level: float, spread: float, *key: str | int) -> float:
    """A number at most a fraction `spread` above or below a level."""
    return level * (1 + spread * (2 * uniform(*key) - 1))


def compound(growth: float, years: int) -> float:
    """The growth factor after some years, or before if negative; multiplied out: pow() may differ between machines."""
    factor = 1.0
    for _ in range(abs(years)):
        factor *= growth
    return factor if years >= 0 else 1 / factor


@cache
def _first_size(territory: str) -> float:
    if territory in LARGEST:
        return around(compound(0.8, LARGEST.index(territory)) * 820_000, 0.08, "size", territory)
    if territory in SMALLEST:
        return around(1_000.0 * (SMALLEST.index(territory) + 1), 0.2, "size", territory)
    u = uniform("size", territory)
    if municipalities()[territory].last_year:
        return 6_000 + 16_000 * u
    smallest = 25_000 if territory in _absorbing() else 7_000
    return smallest + 28_000 * u + 70_000 * u * u * u * u


@cache
def _absorbing() -> set[str]:
    here = (m for m in municipalities().values() if (m.last_year or FIRST_BOUNDARY_YEAR) >= FIRST_BOUNDARY_YEAR)
    return {successor for m in here for successor, _ in m.successors}


@cache
def _size(territory: str, year: int) -> float:
    growth = around(1.006, 0.006, "growth", territory)
    return _first_size(territory) * compound(growth, year - FIRST_BOUNDARY_YEAR)


def _level(key: str, rate: Rate, territory: str, year: int) -> float:
    level = around(rate.level, rate.spread, "level", key, territory)
    if key.endswith("_A") and territory in LARGEST:
        level *= CITY_FARMING
    # What hardly differs between places, such as the share of men, hardly changes over the years either.
    wobble = min(0.015, rate.spread / 10)
    trend = compound(around(rate.growth, wobble / 2, "trend", key, territory), year - FIRST_BOUNDARY_YEAR)
    return around(level * trend, wobble, "noise", key, territory, year)


@cache
def population(year: int, boundary_year: int = 0) -> dict[str, int]:
    """Inhabitants on 1 January of each municipality of this year, or of another boundary year."""
    return {
        code: round(sum(share * _size(territory, year) for territory, share in parts.items()))
        for code, parts in territories(boundary_year or boundary_year_of(year)).items()
    }


@cache
def land(boundary_year: int) -> dict[str, int]:
    """Hectares of land per municipality of a boundary year; its territories never change in size."""
    return {
        code: round(sum(share * _hectares(territory) for territory, share in parts.items()))
        for code, parts in territories(boundary_year).items()
    }


@cache
def _hectares(territory: str) -> int:
    u = uniform("density", territory)
    per_hectare = 20 + 15 * u if territory in LARGEST else 1.5 + 12 * u * u
    return round(_first_size(territory) / per_hectare)


@lru_cache(4096)
def own_count(key: str, rate: Rate, year: int, boundary_year: int = 0) -> dict[str, int]:
    """A count per municipality of something with a rate of its own."""
    return {
        code: 0
        if mark_of(key, rate, code, year, boundary_year)
        else rate.step
        * round(sum(share * _size(t, year) * _level(key, rate, t, year) for t, share in parts.items()) / rate.step)
        for code, parts in territories(boundary_year or boundary_year_of(year)).items()
    }


def count(like: str, year: int, letter: str = "", season: float = 1.0, boundary_year: int = 0) -> dict[str, int]:
    """A count per municipality of this year; a marked cell counts as 0, so that published parts add up.

    Args:
        like: what is counted, as an expression for `rates.members`.
        year: the year.
        letter: the letter of a section or class.
        season: how much a part of the year differs from the whole.
        boundary_year: the year whose municipalities are meant; 0 for those on 1 January of `year`.
    """
    found = dict.fromkeys(territories(boundary_year or boundary_year_of(year)), 0)
    for key in members(like, letter):
        if key == "population":
            part = population(year, boundary_year)
        elif key == "land":
            part = land(boundary_year or boundary_year_of(year))
        else:
            part = own_count(key, RATES[key], year, boundary_year)
        for code, number in part.items():
            found[code] += seasonal(number, season, step_of(key))
    return found


def step_of(like: str) -> int:
    """The step by which a count increases."""
    return min((RATES[key].step if key in RATES else 1 for key in members(like)), default=1)


def seasonal(number: int, season: float, step: int) -> int:
    """The count of a part of a year, from that of the year, in the same steps."""
    return number if season == 1.0 else step * round(number * season / step)


@lru_cache(1024)
def mean(key: str, rate: Rate, year: int, boundary_year: int = 0) -> dict[str, float]:
    """A mean or share per municipality: that of its territories, weighted by their inhabitants."""
    found = {}
    for code, parts in territories(boundary_year or boundary_year_of(year)).items():
        weights = {territory: share * _size(territory, year) for territory, share in parts.items()}
        total = sum(weights.values())
        found[code] = sum(w * _level(key, rate, territory, year) for territory, w in weights.items()) / total
    return found


def mark_of(key: str, rate: Rate, code: str, year: int, boundary_year: int = 0) -> str | None:
    """The mark that a cell of a small place has instead of its number; None if it has the number itself."""
    if not rate.marks or population(year, boundary_year)[code] >= SECRECY_BELOW_INHABITANTS:
        return None
    u = uniform("mark", key, code, year)
    return next((mark for mark, below in _DRAWN.items() if u < below and mark in rate.marks), None)


def summed(per_municipality: Mapping[str, float], year: int, boundary_year: int = 0) -> dict[str, float]:
    """The sums for a year for every region above the municipality."""
    totals: dict[str, float] = {}
    for municipality in in_year(boundary_year or boundary_year_of(year)):
        for region in above(municipality):
            totals[region] = totals.get(region, 0) + per_municipality[municipality.code]
    return totals


@lru_cache(8192)
def shares(key: str, places: int, code: str) -> tuple[float, ...]:
    """How something is divided into parts in a municipality: the shares of the first, the first two, ..."""
    weights = [around(0.4 + uniform("part", key, place), 0.15, "part", key, place, code) for place in range(places)]
    return tuple(part / sum(weights) for part in accumulate(weights))


def split(whole: int, cumulative: tuple[float, ...]) -> list[int]:
    """Whole numbers that add up to the whole, none below zero."""
    ends = [*(round(whole * share) for share in cumulative[:-1]), whole]
    return [end - begin for begin, end in zip([0, *ends], ends, strict=False)]
