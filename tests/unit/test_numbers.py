"""Numbers of a column judged together: read right, or refused; never another number."""

from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.errors import SourceError
from pipelines.reading.files.numbers import reader_of, two_readings
from pipelines.reading.files.table_file import read_table
from pipelines.reading.files.values import read_day, read_month, read_quarter, read_year
from pipelines.sources.layout import FileColumn, TableLayout

READS = ["number", "dutch_number"]
STYLES = [("", "."), ("", ","), (",", "."), (".", ","), (" ", ","), (" ", "."), ("'", ".")]
MONTHS = ["jan", "feb", "maart", "april", "mei", "juni", "juli", "aug", "sept", "okt", "november", "dec"]


def column(**given: Any) -> FileColumn:
    return FileColumn.model_validate({"to": "x", "reads": "dutch_number"} | given)


def layout(one: FileColumn) -> TableLayout:
    return TableLayout.model_validate({"format": "csv", "columns": {"wie": {"to": "y"}, "x": one}})


def read(one: FileColumn, texts: list[str]) -> list[float | None]:
    """What comes of the texts of a column, as files are read."""
    body = "\n".join(["wie;x", *(f"a;{text}" for text in texts)])
    table = read_table("x/y", "u", body.encode(), layout(one))
    reader = reader_of(one)
    assert reader
    return [reader(text).value for text in table.frame["x"]]


def written(value: float, decimals: int, thousands: str, decimal: str) -> str:
    return f"{value:,.{decimals}f}".replace(",", "_").replace(".", decimal).replace("_", thousands)


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(READS),
    st.sampled_from(STYLES),
    st.lists(st.tuples(st.integers(-(10**9), 10**9), st.integers(0, 2)), min_size=1, max_size=6),
)
def test_money_in_any_style_is_read_right_or_refused(
    reads: str, style: tuple[str, str], numbers: list[tuple[int, int]]
) -> None:
    values = [units / 10**decimals for units, decimals in numbers]
    texts = [written(value, decimals, *style) for value, (_, decimals) in zip(values, numbers, strict=True)]
    try:
        found = read(column(reads=reads), texts)
    except (SourceError, ValueError):
        return
    assert found == values


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from([style for style in STYLES if style[0]]),
    st.lists(st.tuples(st.integers(-(10**9), 10**9), st.integers(0, 4)), min_size=1, max_size=6),
)
def test_where_the_card_says_the_signs_every_number_is_read(
    style: tuple[str, str], numbers: list[tuple[int, int]]
) -> None:
    values = [units / 10**decimals for units, decimals in numbers]
    texts = [written(value, decimals, *style) for value, (_, decimals) in zip(values, numbers, strict=True)]
    for reads in READS:
        assert read(column(reads=reads, thousands=style[0], decimal=style[1]), texts) == values


@pytest.mark.parametrize(
    ("given", "texts", "told"),
    [
        ({}, ["1,250", "750"], "'1,250', which could be 1.25 or 1250"),
        ({}, ["750", "€ 12,500"], "'€ 12,500', which could be 12.5 or 12500"),
        ({}, ["1.250", "3,50"], "'1.250', which could be 1250 or 1.25"),
        ({"reads": "number"}, ["1.250", "3"], "'1.250', which could be 1.25 or 1250"),
    ],
)
def test_what_could_be_two_numbers_is_refused_with_both(given: dict[str, Any], texts: list[str], told: str) -> None:
    with pytest.raises(SourceError, match=r"column x in row \d \(cell B\d\) holds ") as error:
        read(column(**given), texts)
    assert told in str(error.value) and "`thousands` and `decimal`" in str(error.value)


@pytest.mark.parametrize(
    ("given", "texts", "values"),
    [
        ({}, ["1.250", "3.000"], [1250, 3000]),
        ({}, ["1.250", "1.234,50"], [1250, 1234.5]),
        ({}, ["€ 1.250", "€ 3,50"], [1250, 3.5]),
        ({}, ["0,250", "12,5"], [0.25, 12.5]),
        ({"thousands": ","}, ["1,250", "1,250.5"], [1250, 1250.5]),
        ({"decimal": ","}, ["1,250", "1.250"], [1.25, 1250]),
        ({"thousands": "."}, ["1.250", "3,50"], [1250, 3.5]),
        ({"reads": "number", "decimal": "."}, ["1.250", "3"], [1.25, 3]),
        ({"thousands": " "}, ["1 250", "1\u00a0250,5"], [1250, 1250.5]),
    ],
)
def test_what_has_one_reading_is_read(given: dict[str, Any], texts: list[str], values: list[float]) -> None:
    assert read(column(**given), texts) == values


def test_a_real_number_has_one_reading_and_a_text_beside_it_may_have_two() -> None:
    one = column()
    assert two_readings(one, pl.Series(["€ 2.750"]), has_real=True) is None
    assert str(two_readings(one, pl.Series(["2.750"]), has_real=True)) == "'2.750', which could be 2750 or 2.75"


@pytest.mark.parametrize("given", [{"thousands": ".", "decimal": "."}, {"reads": "text", "decimal": ","}])
def test_signs_that_cannot_be_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="thousands"):
        column(**given)


@given(st.dates(date(1900, 1, 1), date(2100, 12, 31)), st.sampled_from("-/. "), st.sampled_from(["dmy", "ymd"]))
def test_a_day_is_read_right_or_refused(day: date, sign: str, order: str) -> None:
    parts = {"d": f"{day.day:02}", "m": f"{day.month:02}", "y": str(day.year)}
    try:
        found = read_day(sign.join(parts[part] for part in order))
    except ValueError:
        return
    assert found == f"{day:%Y%m%d}"


@given(st.integers(1900, 2100), st.integers(1, 12), st.sampled_from(["-", " ", "/", "", "."]), st.booleans())
def test_a_month_a_quarter_and_a_year_are_read_right_or_refused(
    year: int, month: int, sign: str, is_first: bool
) -> None:
    quarter = (month + 2) // 3
    spellings = {
        read_month: ([f"{month:02}", MONTHS[month - 1], str(month)], f"{year}MM{month:02}"),
        read_quarter: ([f"Q{quarter}", f"K{quarter}", f"{quarter}e kwartaal"], f"{year}KW0{quarter}"),
        read_year: ([""], f"{year}JJ00"),
    }
    for reader, (parts, expected) in spellings.items():
        for part in parts:
            text = sign.join([str(year), part] if is_first else [part, str(year)])
            try:
                found = reader(text)
            except ValueError:
                continue
            assert found == expected
