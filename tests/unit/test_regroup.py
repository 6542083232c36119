"""Figures of municipalities together: sums, ratios from sums, and the least certain part counts."""

import re
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support_periods import calendar_of

from portal.axes import ticks_of
from portal.charts import large_chart, marked_lines
from portal.regroup import (
    METHODS,
    STATUSES,
    FigurePart,
    Recipe,
    RegroupedFigure,
    Term,
    add_up,
    index_of,
    mended_by,
    place_on_boundaries,
    regroup,
)
from portal.series import Drawn, Point

MACROS = Path(__file__).parents[2] / "dbt_project" / "macros"
JOBS = Recipe("jobs", "count", "published", 0)
PEOPLE = Recipe("people", "count", "published", 0)
PER_PERSON = Recipe("per_person", "rate", "ratio", 1, (Term("jobs"),), (Term("people"),), 1000)
INCOME = Recipe("income", "rate", "published", 0)
CALENDAR = calendar_of(["2018JJ00", "2024JJ00", "2025JJ00", "2025MM03"])


def final(value: float | None) -> RegroupedFigure:
    return RegroupedFigure(value, "final" if value is not None else "missing", "published")


@pytest.mark.parametrize(("macro", "order"), [("value_status_order", STATUSES), ("boundary_method_order", METHODS)])
def test_the_orders_are_those_of_the_release(macro: str, order: tuple[str, ...]) -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in MACROS.glob("*.sql"))
    found = re.search(rf"macro {macro}\(\).*?return\(\[(.*?)\]\)", text, re.DOTALL)
    assert found is not None
    assert tuple(re.findall(r"'(\w+)'", found[1])) == order


def test_a_ratio_is_made_from_sums_and_not_from_ratios() -> None:
    parts = {
        "GM0001": {"jobs": {"2025JJ00": final(10)}, "people": {"2025JJ00": final(100)}},
        "GM0002": {"jobs": {"2025JJ00": final(900)}, "people": {"2025JJ00": final(1000)}},
    }
    found = regroup([JOBS, PEOPLE, PER_PERSON, INCOME], parts, {}, set(), CALENDAR)
    assert found["per_person"]["2025JJ00"] == RegroupedFigure(827.3, "final", "merged", 2)
    assert "income" not in found


def test_one_municipality_is_itself_with_its_averages() -> None:
    alone = {"income": {"2025JJ00": final(31000)}}
    assert regroup([INCOME], {"GM0001": alone}, {}, set(), CALENDAR) == alone


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        (final(1), RegroupedFigure(2, "provisional", "merged", 3), RegroupedFigure(3, "provisional", "merged", 4)),
        (
            final(1),
            RegroupedFigure(2, "estimated", "split_estimate"),
            RegroupedFigure(3, "estimated", "split_estimate", 2),
        ),
        (final(1), final(None), RegroupedFigure(None, "missing", "unavailable", 2)),
        (
            final(None),
            RegroupedFigure(None, "suppressed", "published"),
            RegroupedFigure(None, "suppressed", "unavailable", 2),
        ),
        (final(0), final(0), RegroupedFigure(0, "final", "merged", 2)),
    ],
)
def test_the_least_certain_part_counts(one: RegroupedFigure, other: RegroupedFigure, together: RegroupedFigure) -> None:
    assert add_up([one, other], 0) == add_up([other, one], 0) == together


def test_a_municipality_without_a_figure_leaves_the_whole_unknown() -> None:
    found = regroup([JOBS], {"GM0001": {"jobs": {"2025JJ00": final(1)}}, "GM0002": {}}, {}, set(), CALENDAR)
    assert found["jobs"]["2025JJ00"] == RegroupedFigure(None, "missing", "unavailable", 1)


def test_dividing_by_nothing_is_not_applicable() -> None:
    parts = {code: {"jobs": {"2025JJ00": final(5)}, "people": {"2025JJ00": final(0)}} for code in ("A", "B")}
    figure = regroup([JOBS, PEOPLE, PER_PERSON], parts, {}, set(), CALENDAR)["per_person"]["2025JJ00"]
    assert (figure.value, figure.status) == (None, "not_applicable")


def test_a_month_takes_the_denominator_of_its_year() -> None:
    parts = {code: {"jobs": {"2025MM03": final(5)}, "people": {"2025JJ00": final(50)}} for code in ("A", "B")}
    assert regroup([JOBS, PEOPLE, PER_PERSON], parts, {}, set(), CALENDAR)["per_person"]["2025MM03"].value == 100


def test_growth_is_that_of_the_sum() -> None:
    growth = Recipe("growth", "rate", "growth", 1, (Term("jobs"),), lag_years=1)
    parts = {
        "A": {"jobs": {"2024JJ00": final(10), "2025JJ00": final(20)}},
        "B": {"jobs": {"2024JJ00": final(90), "2025JJ00": final(90)}},
    }
    assert regroup([JOBS, growth], parts, {}, set(), CALENDAR)["growth"] == {
        "2025JJ00": RegroupedFigure(10, "final", "merged", 2)
    }
    broken = replace(growth, breaks=frozenset({date(2025, 1, 1)}))
    assert regroup([JOBS, broken], parts, {}, set(), CALENDAR)["growth"] == {
        "2025JJ00": RegroupedFigure(None, "not_applicable", "merged", 2)
    }


def test_a_rate_of_a_flow_is_of_whole_years() -> None:
    annual = replace(PER_PERSON, is_annual=True)
    months = {period: final(5) for period in ("2025JJ00", "2025MM03")}
    parts = {code: {"jobs": months, "people": {"2025JJ00": final(50)}} for code in ("A", "B")}
    assert set(regroup([JOBS, PEOPLE, annual], parts, {}, set(), CALENDAR)["per_person"]) == {"2025JJ00"}


def test_a_published_rate_made_again_says_so_and_is_never_final() -> None:
    published = replace(PER_PERSON, formula="published")
    parts = {code: {"jobs": {"2025JJ00": final(5)}, "people": {"2025JJ00": final(50)}} for code in ("A", "B")}
    found = regroup([JOBS, PEOPLE, published], parts, {}, set(), CALENDAR)["per_person"]["2025JJ00"]
    assert found == RegroupedFigure(100, "estimated", "recomputed", 2)


def test_a_location_quotient_is_measured_against_the_country() -> None:
    quotient = Recipe("quotient", "ratio", "location_quotient", 2, (Term("jobs"),), (Term("people"),))
    parts = {code: {"jobs": {"2025JJ00": final(5)}, "people": {"2025JJ00": final(10)}} for code in ("A", "B")}
    country = {"jobs": {"2025JJ00": final(25)}, "people": {"2025JJ00": final(100)}}
    assert regroup([JOBS, PEOPLE, quotient], parts, country, set(), CALENDAR)["quotient"]["2025JJ00"].value == 2


def test_an_amount_in_other_prices_is_divided_by_those_of_the_country() -> None:
    granted = Recipe("granted", "count", "register", 0)
    each = Recipe("each", "ratio", "ratio", 0, (Term("granted"),), (Term("people"),), 1)
    real = Recipe("real", "count", "real", 0, (Term("granted"),), (Term("prices"),), 100)
    real_each = Recipe("real_each", "ratio", "real", 1, (Term("each"),), (Term("prices"),), 100)
    income = Recipe("real_income", "rate", "real", 0, (Term("income"),), (Term("prices"),), 100)
    wanted = [granted, PEOPLE, INCOME, each, real, real_each, income]
    figures = {"granted": {"2024JJ00": final(700), "2025JJ00": final(1000)}, "people": {"2024JJ00": final(15)}}
    parts = {code: {**figures, "income": {"2024JJ00": final(31000)}} for code in ("A", "B")}
    prices = {"2024JJ00": RegroupedFigure(96, "provisional", "published"), "2018JJ00": final(80)}
    found = regroup(wanted, parts, {"prices": prices}, set(), CALENDAR)
    # 1,400 at an index of 96 is 1,458.33 at 100; 46.67 a person, rounded only after it is divided, is 48.6.
    assert found["real"] == {"2024JJ00": RegroupedFigure(1458, "provisional", "merged", 2)}
    assert found["each"]["2024JJ00"].value == 47
    assert found["real_each"] == {"2024JJ00": RegroupedFigure(48.6, "provisional", "merged", 2)}
    assert "real_income" not in found


def test_an_estimate_is_exact_again_where_all_heirs_are_chosen() -> None:
    heirs = {"GM0053": {"GM1966", "GM1969"}}
    assert mended_by(["GM1966", "GM1969", "GM0014"], heirs) == {"GM1966", "GM1969", "GM0014"}
    assert mended_by(["GM1966", "GM0014"], heirs) == {"GM0014"}
    halves = {
        code: {"jobs": {"2018JJ00": RegroupedFigure(value, "estimated", "split_estimate")}}
        for code, value in (("GM1966", 60), ("GM1969", 40))
    }
    assert regroup([JOBS], halves, {}, set(halves), CALENDAR)["jobs"]["2018JJ00"] == RegroupedFigure(
        100, "unstated", "merged", 2
    )
    assert regroup([JOBS], halves, {}, set(), CALENDAR)["jobs"]["2018JJ00"].status == "estimated"


@pytest.mark.parametrize(
    "status", [status for status in STATUSES if status not in ("estimated", "not_applicable", "missing", "suppressed")]
)
def test_a_mended_estimate_is_as_sure_as_the_figures_beside_it(status: str) -> None:
    parts = {"A": {"jobs": {"2018JJ00": RegroupedFigure(60, "estimated", "split_estimate")}}}
    parts["B"] = {"jobs": {"2018JJ00": RegroupedFigure(40, status, "published")}}
    assert regroup([JOBS], parts, {}, {"A"}, CALENDAR)["jobs"]["2018JJ00"] == RegroupedFigure(100, status, "merged", 2)


@given(st.integers(0, 10**7), st.integers(0, 2), st.lists(st.floats(0.01, 0.99), max_size=3))
def test_the_parts_of_a_divided_count_add_up_to_it(value: int, decimals: int, cuts: list[float]) -> None:
    edges = [0.0, *sorted(cuts), 1.0]
    parts = [FigurePart(final(value), a, b) for a, b in pairwise(edges)]
    placed = [place_on_boundaries([part], decimals).value or 0 for part in parts]
    assert sum(placed) == pytest.approx(value, abs=1e-6)


def test_on_boundaries_who_is_counted_by_its_heir_is_not_missed() -> None:
    parts = [FigurePart(final(100)), FigurePart(None, is_expected=False)]
    assert place_on_boundaries(parts, 0) == final(100)
    assert place_on_boundaries([FigurePart(final(100)), FigurePart(None)], 0).method == "unavailable"
    assert place_on_boundaries([FigurePart(None), FigurePart(None)], 0, ahead=final(7)) == final(7)


def test_an_index_starts_where_all_have_a_figure() -> None:
    base, index = index_of(
        {"a": {"2019JJ00": 5, "2020JJ00": 10, "2021JJ00": 15}, "b": {"2020JJ00": 4, "2021JJ00": None}}
    )
    assert base == "2020JJ00"
    assert index == {"a": {"2019JJ00": 50, "2020JJ00": 100, "2021JJ00": 150}, "b": {"2020JJ00": 100}}
    assert index_of({"a": {"2020JJ00": 5}, "b": {"2020JJ00": None}}) == ("2020JJ00", {"a": {"2020JJ00": 100}})
    assert index_of({"a": {"2020JJ00": 0}}) == (None, {}) == index_of({})


def test_a_line_breaks_at_a_missing_year_and_soft_figures_are_open() -> None:
    points = [
        Point(date(year, 1, 1), str(year), year - 2000.0, "final" if year < 2024 else "provisional")
        for year in (2019, 2020, 2022, 2023, 2024)
    ]
    about: dict[str, Any] = {"heading": "a <heading>", "description": "about", "decimals": 0, "lang": "en"}
    drawing = large_chart(Drawn(marked_lines([("<b>", points)])), **about)
    path = re.search(r'class="line" d="([^"]+)"', drawing)
    assert path is not None and path[1].count("M") == 2
    assert drawing.count('class="mark soft"') == 1
    assert "<heading>" not in drawing
    assert large_chart(Drawn([]), **about) == ""


@given(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9))
def test_ticks_hold_every_figure_and_make_no_cliff_of_a_ripple(one: float, other: float) -> None:
    ticks = ticks_of([one, other])
    assert 2 <= len(ticks) <= 8
    assert ticks[0] <= min(one, other) + 1e-6 and max(one, other) - 1e-6 <= ticks[-1]
    assert ticks[-1] - ticks[0] >= 0.0499 * max(abs(one), abs(other))
    assert ticks[0] >= 0 or min(one, other) < 0
