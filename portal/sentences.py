"""What a figure says, in words, by rules: no text is written by hand for one figure, and none says more than holds.

A figure is compared as it is shown. It is only called higher or lower if chance or the usual spread of regions is no
better explanation; it is judged only if its indicator has a better side; a count gets no place. `words` returns a text
of the group `sentences` in the language.
"""

from dataclasses import dataclass
from typing import Literal

from portal.csv_text import Row
from portal.formats import format_number
from portal.rounding import as_decimal
from portal.series import Words

NOT_FINAL = frozenset({"provisional", "revised_provisional", "estimated"})
# What the size of a region does not decide can be laid beside the country and beside other regions.
RELATIVE = frozenset({"rate", "share", "ratio", "change"})
# How a figure is to another; `indistinct` if chance explains the difference.
Relation = Literal["higher", "lower", "same", "about", "indistinct"]
# As part of the usual distance of a region from the middle one: less is about equal.
ABOUT_EQUAL = 0.25
# Of two regions one is always the highest.
FEWEST_PLACES = 3


@dataclass(frozen=True)
class ToldFigure:
    """A figure, with the bounds of its interval if those are known."""

    value: float
    period: str
    status: str = "final"
    lower: float | None = None
    upper: float | None = None


@dataclass(frozen=True)
class Place:
    """How many regions of its kind there are, and the places of one from the highest and from the lowest figure."""

    from_high: int
    from_low: int
    count: int
    regions: str
    """The kind of region in the plural: municipalities."""


def is_relative(indicator: Row) -> bool:
    """Whether regions of different sizes can be laid beside each other on an indicator."""
    return indicator["kind"] in RELATIVE and bool(indicator["is_comparable"])


def with_unit(value: float, indicator: Row, lang: str, *, is_short: bool = False) -> str:
    """Returns a figure with its unit: 4,1% van de beroepsbevolking; if short, no more of it than a per cent sign."""
    number, unit = format_number(value, indicator["decimals"], lang), indicator[f"unit_{lang}"]
    if unit.startswith("%"):
        return f"{number}%" if is_short else f"{number}{unit}"
    if is_short or indicator["unit_nl"] == "aantal":
        return number
    return f"{number} ({unit})" if "=" in unit else f"{number} {unit}"


def relation(one: ToldFigure, other: ToldFigure, indicator: Row, usual_distance: float | None = None) -> Relation:
    """Returns how a figure is to another.

    `usual_distance` is the median distance of regions from the middle one, as `portal.strips` has it.
    """
    if indicator["interval_kind"] == "unknown":
        return "indistinct"
    a, b = (as_decimal(each.value, indicator["decimals"]) for each in (one, other))
    if a == b:
        return "same"
    if _overlap(one, other):
        return "indistinct"
    if usual_distance is not None and abs(float(a - b)) <= ABOUT_EQUAL * usual_distance:
        return "about"
    return "higher" if a > b else "lower"


def _overlap(one: ToldFigure, other: ToldFigure) -> bool:
    """Whether the intervals overlap; a figure without one is taken as it is."""
    if one.lower is None and other.lower is None:
        return False
    low = [each.value if each.lower is None else each.lower for each in (one, other)]
    high = [each.value if each.upper is None else each.upper for each in (one, other)]
    return max(low) <= min(high)


def judgement(how: str, one: ToldFigure, other: ToldFigure, indicator: Row) -> str | None:
    """Returns whether being higher or lower is `better` or `worse`; None if there is no better side."""
    direction = indicator["direction"]
    if how not in ("higher", "lower"):
        return None
    if direction == "closer_to_target_is_better" and indicator["target_value"] is not None:
        ours, theirs = (abs(each.value - indicator["target_value"]) for each in (one, other))
        return None if ours == theirs else "better" if ours < theirs else "worse"
    if direction not in ("higher_is_better", "lower_is_better"):
        return None
    return "better" if (how == "higher") == (direction == "higher_is_better") else "worse"


def say_figure(region: str, figure: ToldFigure, indicator: Row, status: str, lang: str, words: Words) -> str:
    """Returns what the figure is: region, value with unit, period, and the status in words if it may still change."""
    key = "figure_not_final" if figure.status in NOT_FINAL else "figure"
    value = with_unit(figure.value, indicator, lang)
    said = words(key).format(region=region, value=value, period=figure.period, status=status)
    return said[:1].upper() + said[1:]


def say_beside_country(
    figure: ToldFigure,
    country: ToldFigure | None,
    indicator: Row,
    usual_distance: float | None,
    lang: str,
    words: Words,
) -> str:
    """Returns how the figure is to that of the country in the same period; nothing if they cannot be compared."""
    if country is None or country.period != figure.period or not is_relative(indicator):
        return ""
    how = relation(figure, country, indicator, usual_distance)
    judged = judgement(how, figure, country, indicator)
    key = f"country_{how}_{judged}" if judged else f"country_{how}"
    return words(key).format(value=with_unit(country.value, indicator, lang, is_short=True))


def say_place(place: Place | None, figure: ToldFigure, lang: str, words: Words) -> str:
    """Returns how many regions of its kind have a lower or a higher figure; nothing if it has no place among some."""
    if place is None or place.count < FEWEST_PLACES:
        return ""
    others = place.count - 1
    lower, higher = place.from_low - 1, place.from_high - 1
    if lower == higher == 0:
        key, count = "place_all_same", place.count
    elif higher == 0:
        key, count = "place_highest", others
    elif lower == 0:
        key, count = "place_lowest", others
    else:
        key, count = ("place_higher", lower) if lower >= higher else ("place_lower", higher)
    numbers = {name: format_number(each, 0, lang) for name, each in (("count", count), ("others", others))}
    said = words(key).format(regions=place.regions, **numbers)
    return f"{said} {words('place_chance')}" if figure.lower is not None and key != "place_all_same" else said


def say_before(figure: ToldFigure, before: ToldFigure | None, indicator: Row, lang: str, words: Words) -> str:
    """Returns what the figure was a period earlier, never that it rose from a number to the same number."""
    if before is None:
        return ""
    a, b = (as_decimal(each.value, indicator["decimals"]) for each in (figure, before))
    how = "same" if a == b else relation(figure, before, indicator)
    value = with_unit(before.value, indicator, lang, is_short=True)
    return words(f"before_{how}").format(period=before.period, value=value)


def say_all(parts: list[str]) -> str:
    """Returns sentences as one text."""
    return " ".join(part for part in parts if part)
