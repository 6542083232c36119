"""How many of something there are per inhabitant: levels of the right order of magnitude, none of them real."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rate:
    """How a figure follows from inhabitants: level, spread between places, yearly growth, rounding step, marks.

    `marks` are the marks that a cell of a small place may have instead of its number: `.` missing or unreliable,
    `x` confidential, `-` nil, `0` less than half the unit.
    """

    level: float
    spread: float
    growth: float = 1.0
    step: int = 1
    marks: str = ""


RATES = {
    "men": Rate(0.497, 0.01),
    "aged_15_plus": Rate(0.84, 0.03),
    # Together always fewer than all people aged 15 or over.
    "aged_15_20": Rate(0.058, 0.08, 0.995),
    "aged_20_25": Rate(0.063, 0.2, 1.0),
    "aged_25_45": Rate(0.25, 0.1, 1.0),
    "aged_45_65": Rate(0.27, 0.06, 0.997),
    "graduates_mbo": Rate(0.0095, 0.3, 0.995, marks=".x-0"),
    "graduates_hbo": Rate(0.0048, 0.3, 1.012, marks=".x-0"),
    "graduates_wo": Rate(0.0028, 0.6, 1.02, marks=".x-0"),
    # Jobs are counted in steps of a hundred, a tenth of the published unit of a thousand.
    "jobs_A": Rate(0.012, 0.9, 0.99, 100),
    "jobs_B-F": Rate(0.075, 0.5, 1.004, 100),
    "jobs_G-N": Rate(0.24, 0.4, 1.012, 100),
    "jobs_O-U": Rate(0.15, 0.4, 1.008, 100),
    "unemployment_benefits": Rate(0.021, 0.2, 0.93, 10, marks=".x"),
    "welfare_benefits": Rate(0.024, 0.5, 0.985, 10, marks=".x"),
    "disability_benefits": Rate(0.046, 0.25, 1.003, 10, marks=".x"),
    "crimes_1": Rate(0.027, 0.5, 0.95, 5),
    "crimes_2": Rate(0.006, 0.4, 0.98, 5),
    "crimes_3": Rate(0.005, 0.4, 0.99, 5),
    "crimes_9": Rate(0.006, 0.4, 0.99, 5),
    # Establishments by section of the SBI 2008, in steps of 5 as CBS rounds them.
    "establishments_A": Rate(0.0045, 0.9, 0.992, 5),
    "establishments_B": Rate(0.0001, 0.6, 1.0, 5),
    "establishments_C": Rate(0.0042, 0.3, 1.02, 5),
    "establishments_D": Rate(0.0002, 0.5, 1.03, 5),
    "establishments_E": Rate(0.0002, 0.4, 1.0, 5),
    "establishments_F": Rate(0.0118, 0.3, 1.05, 5),
    "establishments_G": Rate(0.0148, 0.3, 1.01, 5),
    "establishments_H": Rate(0.0030, 0.3, 1.04, 5),
    "establishments_I": Rate(0.0042, 0.4, 1.03, 5),
    "establishments_J": Rate(0.0060, 0.4, 1.06, 5),
    "establishments_K": Rate(0.0055, 0.3, 1.02, 5),
    "establishments_L": Rate(0.0030, 0.3, 1.03, 5),
    "establishments_M": Rate(0.0170, 0.35, 1.05, 5),
    "establishments_N": Rate(0.0070, 0.3, 1.05, 5),
    "establishments_O": Rate(0.0002, 0.3, 1.0, 5),
    "establishments_P": Rate(0.0060, 0.3, 1.06, 5),
    "establishments_Q": Rate(0.0100, 0.3, 1.05, 5),
    "establishments_R": Rate(0.0060, 0.3, 1.04, 5),
    "establishments_S": Rate(0.0060, 0.25, 1.05, 5),
}


def members(like: str, letter: str = "") -> tuple[str, ...]:
    """The rates that are summed in an expression.

    `population`, `land` and `men` are themselves, `establishments[*]` is all that begin with `establishments_`,
    `establishments[BC]` is two of them, and `establishments[?]` is the one of `letter`, or all if there is no letter.
    """
    family, _, chosen = like.rstrip("]").partition("[")
    if not chosen:
        return (like,)
    if chosen == "*" or (chosen == "?" and not letter):
        return tuple(key for key in RATES if key.startswith(f"{family}_"))
    wanted = (letter,) if chosen == "?" else tuple(chosen)
    return tuple(key for one in wanted if (key := f"{family}_{one}") in RATES)
