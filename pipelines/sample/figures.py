"""The invented figures: seeded, smooth over the years, and adding up from municipality to country.

Only the order of magnitude of rates is plausible; no figure here is a real one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from hashlib import blake2b

from .frames import FIRST_FRAME, ancestors, in_year, municipalities, territories

# The best known places keep their rank, so that a reader is not misled about who is large or small.
# fmt: off
LARGEST = [
    "GM0363", "GM0599", "GM0518", "GM0344", "GM0772", "GM0014", "GM0855", "GM0034",
    "GM0758", "GM0268", "GM0153", "GM0200", "GM0202", "GM0392", "GM0307",
]
# fmt: on
SMALLEST = ["GM0088", "GM0096", "GM0277", "GM0060", "GM0093"]
SECRECY_BELOW_INHABITANTS = 10_000
CITY_FARMING = 0.1


@dataclass(frozen=True)
class Rate:
    """How a count follows from inhabitants: level, spread between places, yearly growth, rounding step."""

    level: float
    spread: float
    growth: float = 1.0
    step: int = 1
    may_be_marked: bool = False


RATES = {
    "men": Rate(0.497, 0.01),
    "aged_15_plus": Rate(0.84, 0.03),
    "graduates_mbo": Rate(0.0095, 0.3, 0.995, may_be_marked=True),
    "graduates_hbo": Rate(0.0048, 0.3, 1.012, may_be_marked=True),
    "graduates_wo": Rate(0.0028, 0.6, 1.02, may_be_marked=True),
    # Jobs are counted in steps of a hundred, the tenth of the published unit of a thousand.
    "jobs_a": Rate(0.012, 0.9, 0.99, 100),
    "jobs_bf": Rate(0.075, 0.5, 1.004, 100),
    "jobs_gn": Rate(0.24, 0.4, 1.012, 100),
    "jobs_ou": Rate(0.15, 0.4, 1.008, 100),
    "unemployment_benefits": Rate(0.021, 0.2, 0.93, 10, may_be_marked=True),
    "welfare_benefits": Rate(0.024, 0.5, 0.985, 10, may_be_marked=True),
    "disability_benefits": Rate(0.046, 0.25, 1.003, 10, may_be_marked=True),
    "establishments_a": Rate(0.0045, 0.9, 0.992, 5),
    "establishments_bf": Rate(0.0165, 0.3, 1.045, 5),
    "establishments_gi": Rate(0.019, 0.3, 1.02, 5),
    "establishments_hj": Rate(0.009, 0.3, 1.06, 5),
    "establishments_kl": Rate(0.0085, 0.3, 1.03, 5),
    "establishments_mn": Rate(0.024, 0.35, 1.05, 5),
    "establishments_ru": Rate(0.012, 0.25, 1.05, 5),
    "crimes_property": Rate(0.027, 0.5, 0.95, 5),
    "crimes_public_order": Rate(0.006, 0.4, 0.98, 5),
    "crimes_other": Rate(0.011, 0.4, 0.99, 5),
}
SUMS = {
    "jobs": ("jobs_a", "jobs_bf", "jobs_gn", "jobs_ou"),
    "establishments": tuple(key for key in RATES if key.startswith("establishments_")),
    "crimes": ("crimes_property", "crimes_public_order", "crimes_other"),
}


def uniform(*key: str | int) -> float:
    """A number in [0, 1) that depends on nothing but the key, on every machine and Python."""
    digest = blake2b(":".join(map(str, key)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


def _around(level: float, spread: float, *key: str | int) -> float:
    return level * (1 + spread * (2 * uniform(*key) - 1))


def compound(growth: float, years: int) -> float:
    """The growth factor after some years; multiplied out, as pow() may differ in its last bit per machine."""
    factor = 1.0
    for _ in range(years):
        factor *= growth
    return factor


@cache
def _first_size(territory: str) -> float:
    if territory in LARGEST:
        return _around(compound(0.8, LARGEST.index(territory)) * 820_000, 0.08, "size", territory)
    if territory in SMALLEST:
        return _around(1_000.0 * (SMALLEST.index(territory) + 1), 0.2, "size", territory)
    u = uniform("size", territory)
    if municipalities()[territory].last_year:
        return 6_000 + 16_000 * u
    smallest = 25_000 if territory in _absorbing() else 7_000
    return smallest + 28_000 * u + 70_000 * u * u * u * u


@cache
def _absorbing() -> set[str]:
    return {successor for m in municipalities().values() for successor, _ in m.successors}


@cache
def _size(territory: str, year: int) -> float:
    growth = _around(1.006, 0.006, "growth", territory)
    return _first_size(territory) * compound(growth, year - FIRST_FRAME)


def _in_territory(key: str, territory: str, year: int) -> float:
    rate = RATES[key]
    level = _around(rate.level, rate.spread, "level", key, territory)
    if key.endswith("_a") and territory in LARGEST:
        level *= CITY_FARMING
    # What hardly differs between places, such as the share of men, hardly moves over the years either.
    wobble = min(0.015, rate.spread / 10)
    trend = compound(_around(rate.growth, wobble / 2, "trend", key, territory), year - FIRST_FRAME)
    return _size(territory, year) * _around(level * trend, wobble, "noise", key, territory, year)


@cache
def population(year: int) -> dict[str, int]:
    """Inhabitants on 1 January per municipality that exists in this year."""
    return {
        code: round(sum(share * _size(territory, year) for territory, share in parts.items()))
        for code, parts in territories(year).items()
    }


@cache
def count(key: str, year: int) -> dict[str, int]:
    """A count per municipality of this year; a marked cell counts as 0, so that published parts add up."""
    if key == "population":
        return population(year)
    if key in SUMS:
        parts = [count(part, year) for part in SUMS[key]]
        return {code: sum(part[code] for part in parts) for code in territories(year)}
    step = RATES[key].step
    return {
        code: 0
        if small_place_mark(key, code, year)
        else step * round(sum(share * _in_territory(key, t, year) for t, share in parts.items()) / step)
        for code, parts in territories(year).items()
    }


def small_place_mark(key: str, code: str, year: int) -> str | None:
    """What stands in a cell of a small place instead of its number, None where the number itself does.

    `.` missing or unreliable, `x` secret, `-` nil, `0` less than half the unit.
    """
    if not RATES[key].may_be_marked or population(year)[code] >= SECRECY_BELOW_INHABITANTS:
        return None
    u = uniform("mark", key, code, year)
    if u < 0.05:
        return "." if u < 0.03 else "x"
    if u < 0.08 and key.startswith("graduates"):
        return "-" if u < 0.065 else "0"
    return None


@cache
def count_with_regions(key: str, year: int) -> dict[str, int]:
    """`count`, with the sums for COROP areas, provinces, parts of the country and the country."""
    per_municipality = count(key, year)
    totals: dict[str, int] = {}
    for municipality in in_year(year):
        for region in ancestors(municipality):
            totals[region] = totals.get(region, 0) + per_municipality[municipality.code]
    return {**per_municipality, **totals}
