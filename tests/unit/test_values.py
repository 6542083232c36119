"""Cells as Dutch files have them: what is read, and that nothing else comes of what cannot be read."""

import csv
from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.reading.files.values import (
    Cell,
    read_day,
    read_dutch_number,
    read_month,
    read_number,
    read_quarter,
    read_region_code,
    read_year,
    read_year_of_day,
)
from pipelines.settings import DBT_PROJECT

NUMBERS = [read_number, read_dutch_number]
CODES = [read_day, read_month, read_quarter, read_year, read_year_of_day, read_region_code]
MONTHS = [
    *("januari", "februari", "maart", "april", "mei", "juni", "juli"),
    *("augustus", "september", "oktober", "november", "december"),
]


@pytest.mark.parametrize("read", NUMBERS)
@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("1234", (1234, "None")),
        (" 0 ", (0, "None")),
        ("-12", (-12, "None")),
        ("123*", (123, "*")),
        ("123 **", (123, "**")),
        ("", (None, "blank")),
        (" \u00a0", (None, "blank")),
        ("*", (None, "*")),
        ("X", (None, "x")),
        ("-", (None, "-")),
        (".", (None, ".")),
        ("<5", (None, "<5")),
        ("< 10", (None, "<10")),
    ],
)
def test_whole_numbers_and_marks_read_the_same_everywhere(
    read: Callable[[str], Cell], text: str, cell: tuple[float | None, str]
) -> None:
    assert read(text) == cell


@pytest.mark.parametrize(
    "text", ["n.b.", "**", "<3", "> 5", "1e3", "0x10", "NaN", "inf", "1 234", "٣", "9" * 400, "--"]
)
@pytest.mark.parametrize("read", NUMBERS)
def test_what_is_no_number_is_refused(read: Callable[[str], Cell], text: str) -> None:
    with pytest.raises(ValueError, match="is not a number such as"):
        read(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("€ 15.000", 15_000),
        ("EUR 15.000", 15_000),
        ("€7.626,50", 7_626.5),
        ("1.234,5", 1_234.5),
        ("12.345.678,90", 12_345_678.9),
        ("-12,5", -12.5),
        ("€ -1.500", -1_500),
        ("-€ 1.500", -1_500),
        ("15.000,-", 15_000),
        ("15.000,--", 15_000),
        ("1234567,5", 1_234_567.5),
    ],
)
def test_numbers_as_they_are_written_in_dutch(text: str, value: float) -> None:
    assert read_dutch_number(text) == (value, "None")


@pytest.mark.parametrize(
    "text",
    [
        "1.5",
        "0.500",
        "1234.567",
        "1.23",
        "1,234.5",
        "12-",
        "(12)",
        "1.2345",
        "1..000",
        "-€ -5",
        "$ 5",
        "€",
        "5,",
        ",5",
        "1.000.00",
    ],
)
def test_a_dutch_number_that_could_mean_two_things_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a number such as 1\.234,5"):
        read_dutch_number(text)


@pytest.mark.parametrize("text", ["1,5", "1.234,5", "€ 5", "5.", ".5", "+5", "1.000.000"])
def test_a_number_with_a_point_has_nothing_else(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a number such as 1234\.5"):
        read_number(text)


@given(st.integers(-(10**12), 10**12), st.integers(0, 4))
def test_a_number_is_read_back_from_both_spellings(units: int, decimals: int) -> None:
    value = units / 10**decimals
    assert read_number(f"{value:.{decimals}f}").value == value
    dutch = f"{value:,.{decimals}f}".translate(str.maketrans(",.", ".,"))
    for text in (dutch, dutch.replace(".", ""), f"€ {dutch}", f"{dutch}*"):
        assert read_dutch_number(text).value == value


@pytest.mark.parametrize(
    ("read", "text", "code"),
    [
        (read_day, "2020-01-07", "20200107"),
        (read_day, "07-01-2020", "20200107"),
        (read_day, "7-1-2020", "20200107"),
        (read_day, " 7 Januari  2020", "20200107"),
        (read_day, "7 jan. 2020", "20200107"),
        (read_day, "2020-01-07T00:00:00", "20200107"),
        (read_day, "2020-01-07 00:00:00.000Z", "20200107"),
        (read_day, "2020-02-29", "20200229"),
        (read_month, "mrt 2024", "2024MM03"),
        (read_month, "maart 2024", "2024MM03"),
        (read_month, "2026 Juni", "2026MM06"),
        (read_month, "Sept. 2024", "2024MM09"),
        (read_month, "mrt-2024", "2024MM03"),
        (read_month, "2024-03", "2024MM03"),
        (read_month, "2024-03-01", "2024MM03"),
        (read_month, "2024-03-01T00:00:00", "2024MM03"),
        (read_month, "202403", "2024MM03"),
        (read_month, "2024MM03", "2024MM03"),
        (read_quarter, "2020 Q1", "2020KW01"),
        (read_quarter, "2022Q4", "2022KW04"),
        (read_quarter, "Q4 2022", "2022KW04"),
        (read_quarter, "2022-K4", "2022KW04"),
        (read_quarter, "4e kwartaal 2022", "2022KW04"),
        (read_quarter, "2022 1ste kwartaal", "2022KW01"),
        (read_quarter, "2022KW04", "2022KW04"),
        (read_year, "2016", "2016JJ00"),
        (read_year, "2016JJ00", "2016JJ00"),
        (read_year_of_day, "2016-01-07", "2016JJ00"),
        (read_year_of_day, "7 januari 2016", "2016JJ00"),
        # Whichever of the two is the month.
        (read_year_of_day, "01/07/2016", "2016JJ00"),
        (read_year_of_day, "13/12/2016", "2016JJ00"),
        (read_year_of_day, "12/13/2016", "2016JJ00"),
        (read_region_code, "GM0014", "GM0014"),
        (read_region_code, "gm0014", "GM0014"),
        (read_region_code, "0014", "GM0014"),
        (read_region_code, "14", "GM0014"),
        (read_region_code, "GM1680    ", "GM1680"),
        (read_region_code, "PV20", "PV20"),
        (read_region_code, "NL01", "NL01"),
    ],
)
def test_periods_and_regions_get_their_code(read: Callable[[str], str], text: str, code: str) -> None:
    assert read(text) == code


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (read_day, "01/07/2020"),
        (read_day, "2020-13-01"),
        (read_day, "2021-02-29"),
        (read_day, "31-04-2020"),
        (read_day, "07-01-20"),
        (read_day, "7 january 2020"),
        (read_day, "0020-01-07"),
        (read_day, "43837"),
        (read_month, "mrt-24"),
        (read_month, "2024-13"),
        (read_month, "2024-03-15"),
        (read_month, "032024"),
        (read_month, "2024"),
        (read_quarter, "2022Q5"),
        (read_quarter, "2022"),
        (read_quarter, "Q4"),
        (read_year, "16"),
        (read_year_of_day, "2016"),
        (read_year_of_day, "13/13/2016"),
        (read_year_of_day, "31/02/2016"),
        (read_year_of_day, "01/07/16"),
        (read_year_of_day, "01/07/9999"),
        (read_year, "2016.0"),
        (read_year, "9999"),
        (read_region_code, "GM14"),
        (read_region_code, "0"),
        (read_region_code, "GM0000"),
        (read_region_code, "GM00145"),
        (read_region_code, "12345"),
        (read_region_code, "Urk"),
        (read_region_code, "14.0"),
    ],
)
def test_what_could_be_another_period_or_region_is_refused(read: Callable[[str], str], text: str) -> None:
    with pytest.raises(ValueError, match=f"^{text!r} is not a "):
        read(text)


@given(st.dates(date(1900, 1, 1), date(2100, 12, 31)))
def test_every_day_is_read_back_from_every_spelling(day: date) -> None:
    code, name = f"{day:%Y%m%d}", MONTHS[day.month - 1]
    for text in (
        day.isoformat(),
        f"{day:%d-%m-%Y}",
        f"{day.day}-{day.month}-{day.year}",
        f"{day.day} {name} {day.year}",
        f"{day.day} {name[:3].upper() if name != 'maart' else 'mrt'} {day.year}",
        f"{day.isoformat()}T00:00:00",
    ):
        assert read_day(text) == code
    month = f"{day.year}MM{day.month:02}"
    for text in (month, f"{name} {day.year}", f"{day.year} {name.title()}", f"{day:%Y-%m}", f"{day:%Y%m}"):
        assert read_month(text) == month
    quarter = f"{day.year}KW0{(day.month + 2) // 3}"
    for text in (quarter, f"{day.year} Q{quarter[-1]}", f"{quarter[-1]}e kwartaal {day.year}"):
        assert read_quarter(text) == quarter
    assert read_year(str(day.year)) == f"{day.year}JJ00"


@given(st.integers(1, 9999))
def test_every_municipality_is_read_back_from_every_spelling(number: int) -> None:
    code = f"GM{number:04}"
    assert {read_region_code(text) for text in (code, f"{number:04}", str(number), f" {code}    ")} == {code}


@given(st.one_of(st.text(max_size=20), st.text("0123456789-.,*<€ xEURQKWMJapril", max_size=12)))
def test_any_text_is_read_or_refused_in_one_line(text: str) -> None:
    for read in (*NUMBERS, *CODES):
        try:
            found = read(text)
        except ValueError as error:
            assert "\n" not in str(error) and " is not a " in str(error)
        else:
            assert isinstance(found, Cell | str) and found


def test_every_mark_has_a_meaning() -> None:
    with (DBT_PROJECT / "seeds" / "value_status.csv").open(encoding="utf-8", newline="") as file:
        marks = {row["value_attribute"]: row for row in csv.DictReader(file)}
    for text in ("", "*", "x", "-", ".", "<5", "<10"):
        assert marks[read_number(text).mark]["status_of_null"] != "refused"
    for text in ("1", "1*", "1**"):
        assert marks[read_number(text).mark]["status_of_number"] != "refused"
