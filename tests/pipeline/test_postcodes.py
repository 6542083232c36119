"""The four digits of a postcode: counted from a file with every address, published, and found by a reader."""

import io
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from conftest import Run
from hypothesis import given
from hypothesis import strategies as st
from support import query

from pipelines.errors import MismatchError, SourceError
from pipelines.reading.postcodes import postcode_rows
from pipelines.reading.tally import Tally
from pipelines.sample.postcodes import REAL
from pipelines.sample.sheets import header_of, layout_of
from pipelines.settings import CARDS
from pipelines.sources.card import load_cards

CARD = load_cards(CARDS)["cbs/postcodes"]
HEADER = "PC6;Huisnummer;Buurt2025;Wijk2025;Gemeente2025"
# 8163 lies in two municipalities: one address of three in the first.
TWO = ("8163AA;1;01000101;010001;0100", "8163AB;1;02000101;020001;0200", "8163AB;3;02000101;020001;0200")


def zipped(text: str, name: str = "pc6hnr20250801_gwb.csv") -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, text)
        archive.writestr("gem2025.csv", "Gemeente2025;Gemeentenaam2025\n")
    return body.getvalue()


def read(folder: Path, text: str, name: str = "pc6hnr20250801_gwb.csv") -> tuple[pl.DataFrame, Tally]:
    return postcode_rows(CARD, layout_of(CARD), "https://x/y.zip", zipped(text, name), folder)


@pytest.mark.parametrize("separator", [";", ","])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("last", ["", "end"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_addresses_are_counted_by_postcode_and_municipality(
    tmp_path: Path, separator: str, end: str, last: str, mark: str
) -> None:
    text = mark + end.join([HEADER, *TWO]).replace(";", separator) + (end if last else "")
    rows, tally = read(tmp_path, text)
    found = rows["place_code", "name", "municipality_code", "addresses_count"].rows()
    assert found == [("8163", "8163", "GM0100", 1), ("8163", "8163", "GM0200", 2)]
    assert set(rows["boundary_year"]) == {2025} and tally == Tally(3, 3, {})
    assert list(tmp_path.iterdir()) == []


def test_a_code_without_the_noughts_in_front_is_the_same_municipality(tmp_path: Path) -> None:
    rows, _ = read(tmp_path, "\n".join([HEADER, "8163AA;1;0;0;0100", "8163AB;1;0;0;100"]))
    assert rows["municipality_code", "addresses_count"].rows() == [("GM0100", 2)]


addresses = st.lists(
    st.tuples(st.integers(1000, 9999), st.sampled_from(["AA", "BC", "ZZ"]), st.integers(1, 1999)), min_size=1
)


@given(addresses)
def test_no_address_is_lost_or_counted_twice(given_: list[tuple[int, str, int]]) -> None:
    lines = [f"{digits}{letters};1;0;0;{code:04}" for digits, letters, code in given_]
    with TemporaryDirectory() as work, pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipelines.reading.postcodes._CHUNK", 2_048)
        rows, tally = read(Path(work), "\n".join([HEADER, *lines]))
    assert {(p, m): n for p, m, n in rows["place_code", "municipality_code", "addresses_count"].iter_rows()} == {
        (str(digits), f"GM{code:04}"): sum((d, c) == (digits, code) for d, _, c in given_) for digits, _, code in given_
    }
    assert tally == Tally(len(given_), len(given_), {})


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("8163;1;0;0;0100", "column PC6 holds '8163'"),
        (";1;0;0;0100", "column PC6 holds ''"),
        ("8163AA;1;0;0;", "column Gemeente2025 holds ''"),
        ("8163AA;1;0;0;PV20", "column Gemeente2025 holds 'PV20'"),
        ("8163AA;1;0;0", "row 5 has other cells"),
        ('8163AA;1;"0;0;0100', "row 5 has other cells"),
    ],
)
def test_a_row_that_is_no_address_is_refused_by_its_cell(tmp_path: Path, line: str, told: str) -> None:
    with pytest.raises(SourceError, match="cbs/postcodes") as error:
        read(tmp_path, "\n".join([HEADER, *TWO, line, ""]))
    assert told in str(error.value) and "\n" not in str(error.value)
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_another_year_or_another_zip_is_refused_with_what_it_holds(tmp_path: Path) -> None:
    with pytest.raises(MismatchError, match=r"missing columns: Gemeente2025.*found PC6, Huisnummer, Buurt2026"):
        read(tmp_path, "\n".join([HEADER.replace("2025", "2026"), *TWO]))
    with pytest.raises(MismatchError, match=r"the zip holds other\.csv, gem2025\.csv, expected one"):
        read(tmp_path, "\n".join([HEADER, *TWO]), "other.csv")


def test_postcodes_are_published_with_the_municipalities_that_they_lie_in(sample_run: Run) -> None:
    sql = "select municipality_code, boundary_year, addresses_count > 0 from places where place_code = ?"
    for first, last, code in REAL:
        for postcode in range(first, last + 1):
            assert query(sample_run.release, sql, str(postcode)) == [(code, 2025, 1)]
    every = "select count(distinct current_municipality_code) from places where place_code not like 'WP%'"
    assert query(sample_run.release, every) == [(342,)]
    assert query(sample_run.release, "select count(*) from places where place_code like 'WP%'") == [(2501,)]


def test_the_sample_has_the_columns_of_the_card_and_marks_its_postcodes_as_invented(sample_run: Run) -> None:
    assert header_of(layout_of(CARD)) == ["PC6", "Gemeente2025", "Huisnummer", "Buurt2025", "Wijk2025"]
    told = "select distinct notice is not null from places where place_code not like 'WP%'"
    assert query(sample_run.release, told) == [(1,)]
