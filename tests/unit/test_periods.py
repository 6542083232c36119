"""What a period code is, in every kind that CBS has, and which days it stands for; and the calendar of a release."""

import re
from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support_periods import CODES, DAYS, NUMBERED, calendar_of

from pipelines.sources.periods import (
    is_period,
    letters_of,
    newest_period,
    period_days,
    period_end,
    period_kinds,
    whole_year,
    year_of,
)
from portal.api.query_keys import PERIOD_CODE
from portal.periods import is_broken, series_begin


def test_every_number_of_every_kind_is_a_period_but_for_weeks_that_a_year_has_nothing_left_for() -> None:
    refused = [code for code in NUMBERED if not is_period(code)]
    # 2023 ended on a Sunday, the last day of its 52nd week; so did 1899 and 2017.
    assert refused and {code[4:] for code in refused} == {"W153"}
    assert "2023W153" in refused and {"1973W153", "2020W153", "2024W153"}.isdisjoint(refused)
    assert all(is_period(code) and letters_of(code) == "" for code in DAYS)
    assert {kind.letters for kind in period_kinds()} == {letters_of(code) for code in NUMBERED}


@pytest.mark.parametrize(
    "code",
    [
        *("20241331", "20240230", "20230229", "20240001", "20240100", "00010101", "99991231"),
        *("2024KW00", "2024KW05", "2024MM00", "2024MM13", "2024HJ03", "2024JJ01", "2024SJ01", "2024W100", "2024W154"),
        *("2024W400", "2024W418", "0000JJ00", "9999JJ00", "2024G100", "2024QQ01", "2024jj00", " 2024JJ00", "2024JJ00 "),
        *("2024", "2024JJ0", "2024JJ000", "2024-01-01", "2024JJ0\u00b2", "\uff12024JJ00", ""),
    ],
)
def test_what_cannot_be_is_no_period_and_breaks_nothing(code: str) -> None:
    assert not is_period(code)
    assert period_days(code) is None and period_end(code) is None
    assert newest_period([code, "2020JJ00"]) == "2020JJ00"


@given(st.text(max_size=10) | st.from_regex(r"[0-9]{4}[A-Z0-9]{2}[0-9]{2}", fullmatch=True))
def test_any_text_is_a_period_or_not(text: str) -> None:
    days = period_days(text)
    assert days is None or (is_period(text) and days[0] <= days[1])


@pytest.mark.parametrize(
    ("code", "first", "last"),
    [
        ("2025JJ00", "2025-01-01", "2025-12-31"),
        ("2024KW01", "2024-01-01", "2024-03-31"),
        ("2024KW04", "2024-10-01", "2024-12-31"),
        ("2024MM02", "2024-02-01", "2024-02-29"),
        ("2024HJ01", "2024-01-01", "2024-06-30"),
        ("2024SJ00", "2024-08-01", "2025-07-31"),
        ("20200107", "2020-01-07", "2020-01-07"),
        ("2026W132", "2026-08-03", "2026-08-09"),
        # As CBS titles them: 1971 week 0 (3 days), 1974 week 1 (6 days), 1973 week 53 (1 day).
        ("1971W101", "1971-01-04", "1971-01-10"),
        ("1974W101", "1974-01-01", "1974-01-06"),
        ("1973W153", "1973-12-31", "1973-12-31"),
        ("1998W401", "1998-01-01", "1998-01-25"),
        ("1998W413", "1998-11-30", "1998-12-27"),
    ],
)
def test_a_period_has_a_first_and_a_last_day(code: str, first: str, last: str) -> None:
    assert period_days(code) == (date.fromisoformat(first), date.fromisoformat(last))
    assert period_end(code) == date.fromisoformat(last)


@pytest.mark.parametrize("code", ["2024X000", "1971X000", "2024VJ00", "2024M303", "2024G301", "1998W417"])
def test_days_that_do_not_follow_from_the_code_are_not_guessed(code: str) -> None:
    assert is_period(code) and period_days(code) is None


@pytest.mark.parametrize(
    ("codes", "newest"),
    [
        (["2024MM12", "2025JJ00", "2025KW01"], "2025JJ00"),
        (["2026W132", "2026MM07", "1971X000"], "2026W132"),
        (["2024SJ00", "2024JJ00"], "2024SJ00"),
        (["2019X000", "2020X000", "2018X000"], "2020X000"),
        (["2024JJ00", "2026X000"], "2024JJ00"),
        ([], None),
    ],
)
def test_the_newest_period_ends_last(codes: list[str], newest: str | None) -> None:
    assert newest_period(codes) == newest == newest_period(reversed(codes))


def test_a_period_lies_in_its_year() -> None:
    for code in filter(is_period, CODES):
        days = period_days(code)
        assert days is None or days[0].year == year_of(code)
        assert period_days(whole_year(year_of(code))) == (date(year_of(code), 1, 1), date(year_of(code), 12, 31))


def test_the_calendar_of_a_release_orders_every_period_by_its_first_day() -> None:
    possible = [code for code in CODES if is_period(code)]
    calendar = calendar_of(possible)
    for code in possible:
        days = period_days(code)
        assert calendar.year_of(code) == year_of(code)
        assert calendar.first_day(code) == (days[0] if days else date(year_of(code), 1, 1))
        assert calendar.is_whole_year(code) == (code == whole_year(year_of(code)))
        assert calendar.whole_year(code) == whole_year(year_of(code))


@pytest.mark.parametrize(
    ("code", "years", "found"),
    [("2025KW03", 1, "2024KW03"), ("2025JJ00", 5, "2020JJ00"), ("2025KW03", 2, None), ("20250516", 1, "20240516")],
)
def test_growth_is_measured_from_the_same_part_of_an_earlier_year(code: str, years: int, found: str | None) -> None:
    calendar = calendar_of(["2025KW03", "2024KW03", "2024JJ00", "2025JJ00", "2020JJ00", "20250516", "20240516"])
    assert calendar.years_before(code, years) == found
    assert calendar.years_before("2031JJ00", 1) is None and calendar.find("2031JJ00") is None
    assert calendar.first_day("2031JJ00") == date.min


def test_periods_begin_where_they_begin() -> None:
    codes = ["2025JJ00", "2025HJ02", "2025KW03", "2025SJ00", "2025MM12", "20250516"]
    calendar = calendar_of(codes)
    assert [calendar.first_day(code).isoformat()[5:] for code in codes] == [
        "01-01", "07-01", "07-01", "08-01", "12-01", "05-16",
    ]  # fmt: skip
    assert sorted(codes, key=calendar.order) == [
        "2025JJ00", "20250516", "2025HJ02", "2025KW03", "2025SJ00", "2025MM12",
    ]  # fmt: skip


def test_the_api_takes_every_period() -> None:
    assert PERIOD_CODE.pattern and all(re.search(PERIOD_CODE.pattern, code, re.ASCII) for code in CODES)


@given(
    st.lists(st.tuples(st.dates(), st.none() | st.floats(allow_nan=False)), max_size=8, unique_by=lambda at: at[0]),
    st.sets(st.dates(), max_size=4),
)
def test_a_series_begins_anew_only_with_a_figure_and_once_for_each_break_between_two(
    figures: list[tuple[date, float | None]], breaks: set[date]
) -> None:
    figures = sorted(figures, key=lambda at: at[0])
    begun = series_begin(figures, breaks)
    known = [day for day, value in figures if value is not None]
    assert [day for (day, value), is_break in zip(figures, begun, strict=True) if is_break] == [
        later for earlier, later in pairwise(known) if is_broken(breaks, earlier, later)
    ]
