"""What the figures on both sides of the border say: a sentence for every branch of the rules."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from pipelines.settings import PORTAL
from portal.border import NEIGHBOUR, BorderIndicator, border_indicators, say_sides
from portal.context import read_texts
from portal.periods import Calendar
from portal.registry import Registry

TEXTS = read_texts(PORTAL)
PERIODS = [
    {
        "period_code": f"{year}JJ00",
        "year": year,
        "year_part": "JJ00",
        "kind": "year",
        "start_date": None,
        "end_date": None,
    }
    for year in (2023, 2024)
]
RATE = {
    "indicator_id": "gdp",
    "theme": "regional_economy",
    "kind": "rate",
    "is_comparable": 1,
    "interval_kind": "none",
    "decimals": 1,
    "unit_nl": "% van het land",
    "unit_en": "% of the country",
}
NAMES = {"BE1": "Arr. Een", "BE2": "Arr. Twee", "FR1": "Nord", "NL1": "Overig Zeeland", "BE": "Prov. Groot"}


def row(code: str, value: float | None, period: str = "2024JJ00", **other: Any) -> dict[str, Any]:
    return {
        "region_code": code,
        "region_name": NAMES[code],
        "region_group": NEIGHBOUR if code == "NL1" else "EM01",
        "country": code[:2],
        "indicator_id": "gdp",
        "period_code": period,
        "year": int(period[:4]),
        "figure_region_code": None if value is None else code,
        "value": value,
        "value_status": "missing" if value is None else "unstated",
        "gap": "missing" if value is None else None,
        **other,
    }


def indicator(*rows: dict[str, Any], **about: Any) -> BorderIndicator:
    registry = SimpleNamespace(
        indicators={"gdp": {**RATE, **about}},
        regions={code: {"name": name} for code, name in NAMES.items()},
        periods=Calendar(PERIODS),
        breaks_of=lambda *_: set(),
    )
    [found] = border_indicators(rows, cast(Registry, registry), [])
    return found


BOTH = (row("BE1", 3.0), row("FR1", 5.25), row("NL1", 4.0))


@pytest.mark.parametrize(
    ("given", "lang", "said"),
    [
        (indicator(row("BE1", None)), "nl", "Van geen van deze gebieden is er een cijfer."),
        (
            indicator(row("BE1", 3.0), row("BE2", 4.0), row("NL1", None)),
            "nl",
            "Over 2024 zijn er alleen cijfers aan één kant van de grens (België), dus te vergelijken valt er niets.",
        ),
        (
            indicator(*BOTH),
            "nl",
            "Over 2024 is het cijfer het hoogst in Nord (5,3%) en het laagst in Arr. Een (3,0%), van de 3 gebieden met"
            " een cijfer.",
        ),
        (
            indicator(*BOTH),
            "en",
            "For 2024 the figure is highest in Nord (5.3%) and lowest in Arr. Een (3.0%), of the 3 regions with a"
            " figure.",
        ),
        (
            indicator(row("BE1", 3.01), row("NL1", 3.04)),
            "nl",
            "Over 2024 is het cijfer van alle 2 gebieden gelijk: 3,0%.",
        ),
        # Nothing runs from a number to the same number.
        (
            indicator(row("BE1", 3.01), row("NL1", 3.04), interval_kind="unknown"),
            "en",
            "For 2024 the figure of all 2 regions is the same: 3.0%.",
        ),
        (
            indicator(*BOTH, interval_kind="unknown"),
            "en",
            "For 2024 the figures run from 3.0% to 5.3%. It is a sample survey whose margins are unknown, so"
            " differences may be chance.",
        ),
        (
            indicator(*BOTH, kind="count", decimals=0, unit_nl="inwoners"),
            "nl",
            "Over 2024 zijn er cijfers van 3 gebieden, van 3 tot 5. Aantallen hangen af van hoe groot een gebied is,"
            " dus er is geen hoogste of laagste.",
        ),
    ],
)
def test_an_indicator_in_words(given: BorderIndicator, lang: str, said: str) -> None:
    countries = {code: names[lang] for code, names in TEXTS["border_countries"].items()}
    assert say_sides(given, "2024", countries, lang, lambda key: TEXTS["border_sentences"][key][lang]) == said


def test_regions_come_by_country_and_the_neighbours_last() -> None:
    found = indicator(*BOTH[::-1])
    assert [each["region_code"] for each in found.regions] == ["BE1", "FR1", "NL1"]


def test_only_figures_of_the_newest_period_are_compared() -> None:
    found = indicator(row("BE1", 9.0, "2023JJ00"), row("BE1", None, value_status="suppressed"), row("NL1", 4.0))
    assert [each.code for each in found.in_newest] == ["NL1"] and found.newest_period == "2024JJ00"
    assert {reason: [each["region_code"] for each in rows] for reason, rows in found.gaps.items()} == {
        "suppressed": ["BE1"]
    }
    assert found.without == []


def test_a_larger_region_has_one_chart_for_all_that_it_stands_for() -> None:
    found = indicator(
        row("BE1", 3.0, figure_region_code="BE"), row("BE2", 3.0, figure_region_code="BE"), row("FR1", 4.0)
    )
    [larger, own] = found.series
    assert larger.is_wider and [each["region_code"] for each in larger.stands_for] == ["BE1", "BE2"]
    assert not own.is_wider and own.name == "Nord"
