"""The classes of labour market tension, and where a tension is on their scale."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from portal.formats import format_number

CLASSES = "select * from tension_classes order by lower_bound"
WIDTH, HEIGHT = 240, 16
# Four times as many vacancies as people is as far to the right as four times as few is to the left.
LOWEST, HIGHEST = 1 / 16, 16.0


@dataclass(frozen=True)
class TensionClass:
    """A class of tension, from its lower bound up to but not including its upper one."""

    class_id: str
    lower: Fraction
    upper: Fraction | None
    market: str
    labels: dict[str, str]


@dataclass(frozen=True)
class Band:
    """The part of the scale that a class takes up."""

    class_id: str
    x: float
    width: float


@dataclass(frozen=True)
class Bound:
    """A bound between two classes on the scale."""

    value: Fraction
    x: float


def read_classes(rows: Iterable[Mapping[str, Any]]) -> dict[str, TensionClass]:
    """Returns the classes by id from the rows of `CLASSES`, loosest first."""
    return {
        row["class_id"]: TensionClass(
            class_id=row["class_id"],
            lower=Fraction(row["lower_vacancies"], row["lower_people"]),
            upper=None if row["upper_people"] is None else Fraction(row["upper_vacancies"], row["upper_people"]),
            market=row["market"],
            labels={lang: row[f"label_{lang}"] for lang in ("nl", "en")},
        )
        for row in rows
    }


def place(tension: float | Fraction) -> float:
    """Returns the position of a tension on the scale; beyond an end, that end."""
    within = min(max(tension, LOWEST), HIGHEST)
    return round(WIDTH * math.log(within / LOWEST) / math.log(HIGHEST / LOWEST), 1)


def bands(classes: dict[str, TensionClass]) -> list[Band]:
    """Returns the bands of the scale, from left to right."""
    edges = [(c.class_id, place(c.lower), place(HIGHEST if c.upper is None else c.upper)) for c in classes.values()]
    return [Band(class_id, left, round(right - left, 1)) for class_id, left, right in edges]


def bounds(classes: dict[str, TensionClass]) -> list[Bound]:
    """Returns the bounds between the classes, from left to right."""
    return [Bound(c.upper, place(c.upper)) for c in classes.values() if c.upper is not None]


def market_bounds(classes: dict[str, TensionClass]) -> dict[str, Fraction]:
    """Returns the tension from which there is a shortage, and that below which there is a surplus."""
    return {
        "shortage": min((c.lower for c in classes.values() if c.market == "shortage"), default=Fraction(HIGHEST)),
        "surplus": max((c.upper or Fraction() for c in classes.values() if c.market == "surplus"), default=Fraction()),
    }


def format_bound(bound: Fraction, lang: str) -> str:
    """Returns a bound as written in the language: as a decimal if it has at most two, else as a fraction, 2/3."""
    decimals = next((n for n in range(3) if 10**n % bound.denominator == 0), None)
    return str(bound) if decimals is None else format_number(float(bound), decimals, lang)


def market_labels(classes: dict[str, TensionClass]) -> dict[str, dict[str, list[str]]]:
    """Returns the names of the classes of shortage and surplus, those nearest to balance first."""
    shortage = [c.labels for c in classes.values() if c.market == "shortage"]
    surplus = [c.labels for c in classes.values() if c.market == "surplus"][::-1]
    return {
        market: {lang: [label[lang] for label in labels] for lang in ("nl", "en")}
        for market, labels in (("shortage", shortage), ("surplus", surplus))
    }
