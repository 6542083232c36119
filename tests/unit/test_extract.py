"""Files to take home: a spreadsheet runs nothing in them, numbers stay numbers, and the bytes are the same again."""

import csv
import io
import zipfile
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.csv_text import FORMULA_STARTS, write_csv
from portal.data_package import csv_on_the_web, dutch, foreign_key, licences_and_sources, table_schema
from portal.extract import Extract, ExtractTable, zip_bytes
from portal.workbook import Book, BookSheet, SheetRow, sheet_name, workbook_bytes

MARKS = st.sampled_from([",", ";", '"', "\n", "'", *FORMULA_STARTS])
TEXTS = st.text(st.characters(codec="utf-8") | MARKS, max_size=20).filter(lambda text: "\r" not in text[1:])
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


def cells(text: str, *, is_dutch: bool) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=";" if is_dutch else ","))


@given(TEXTS, st.booleans())
def test_no_text_is_run_by_a_spreadsheet_and_none_is_lost(text: str, is_dutch: bool) -> None:
    _, (cell, _) = cells(write_csv([{"a": text, "b": 1}], ["a", "b"], dutch=is_dutch), is_dutch=is_dutch)
    assert not cell.lstrip(" ").startswith(FORMULA_STARTS)
    assert cell == (f"'{text}" if text.lstrip(" ").startswith(FORMULA_STARTS) else text)


@given(NUMBERS | st.integers(), st.booleans())
def test_a_number_is_never_guarded_and_reads_back_as_itself(value: float, is_dutch: bool) -> None:
    _, (cell, _) = cells(write_csv([{"a": value, "b": "x"}], ["a", "b"], dutch=is_dutch), is_dutch=is_dutch)
    assert not cell.startswith("'") and "e" not in cell
    assert type(value)(cell.replace(",", ".") if is_dutch else cell) == value


def field(name: str, kind: str, *, required: bool = False, **more: Any) -> dict[str, Any]:
    told = {"name": name, "type": kind, "descriptions": {"nl": f"{name} hier", "en": f"{name} here"}, **more}
    return {**told, "constraints": {"required": True}} if required else told


def resource(rows: int = 0) -> dict[str, Any]:
    fields = [
        field("code", "string", required=True, missingValues=[]),
        field("parent", "string"),
        field("value", "number", units={"nl": "banen", "en": "jobs"}),
        field("is_new", "boolean"),
    ]
    keys = [foreign_key("parent", "things", "code", own="things"), foreign_key("code", "others", "id", own="things")]
    return {
        "name": "things",
        "path": "things.csv",
        "title": "Dingen: alle / nu",
        "titles": {"nl": "Dingen: alle / nu"},
        "descriptions": {"nl": "Alle dingen."},
        "format": "csv",
        "encoding": "utf-8",
        "rows": rows,
        "schema": table_schema(fields, ["code"], keys),
    }


def extract(rows: list[dict[str, Any]]) -> Extract:
    told = resource(len(rows))
    del told["schema"]["foreignKeys"]
    package = {
        "title": "Dingen",
        "titles": {"nl": "Dingen"},
        "version": "2026-01-01-abc",
        "created": "2026-01-01T06:00:00+00:00",
    }
    names = [column["name"] for column in told["schema"]["fields"]]
    table = ExtractTable(told, {name: [row[name] for row in rows] for name in names})
    return Extract(package, [table], "LEESMIJ.txt", "Dingen\nen meer\n")


ROWS = [
    {"code": "=1+1", "parent": "-x", "value": -12.5, "is_new": True},
    {"code": "b", "parent": None, "value": 216360.0, "is_new": False},
    {"code": "c", "parent": "https://x.example", "value": None, "is_new": None},
]


def test_a_zip_is_the_same_again_and_holds_both_kinds_of_csv() -> None:
    content = zip_bytes(extract(ROWS))
    assert content == zip_bytes(extract([dict(row) for row in ROWS]))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        plain, excel = (archive.read(name).decode() for name in ("things.csv", "excel/things.csv"))
    assert plain.splitlines()[1:] == ["'=1+1,'-x,-12.5,true", "b,,216360,false", "c,https://x.example,,"]
    assert excel.startswith("\ufeffcode;parent") and "'=1+1;'-x;-12,5;true\r\n" in excel


def test_the_columns_of_a_sheet_may_have_decimals_of_their_own() -> None:
    sheet = BookSheet("x", [], ["a", "b", "c"], [SheetRow(["x", 1.25, 3], [0, 2, 0])], labels=1)
    (page,) = openpyxl.load_workbook(io.BytesIO(workbook_bytes(Book("x", "y", "", None, [sheet])))).worksheets
    assert [page[name].number_format for name in ("B4", "C4")] == ["#,##0.00", "#,##0"]


def test_a_workbook_is_the_same_again_and_runs_nothing() -> None:
    rows = [SheetRow(["=1+1", -12.5], 1), SheetRow(["https://x.example", None]), SheetRow(["b", 216360.0])]
    sheet = BookSheet("Dingen: alle / nu", ["Lees dit"], ["Naam", "Aantal dingen"], rows, labels=1)
    book = Book("Dingen", "2026-01-01-abc", "Verzonnen", "2026-01-01T06:00:00+00:00", [sheet])
    content = workbook_bytes(book)
    assert content == workbook_bytes(book)
    (page,) = openpyxl.load_workbook(io.BytesIO(content)).worksheets
    assert (page.title, page.freeze_panes) == ("Dingen  alle   nu", "B6")
    assert [cell.value for (cell,) in page["A1:A5"]] == ["Dingen", "Verzonnen", "Lees dit", None, "Naam"]
    found = [[(cell.value, cell.data_type) for cell in row] for row in page.iter_rows(min_row=6)]
    assert found[0] == [("=1+1", "s"), (-12.5, "n")] and found[1][1][0] is None and found[2][1] == (216360, "n")
    assert [page["B6"].number_format, page["B8"].number_format] == ["#,##0.0", "#,##0"]
    assert not any(cell.hyperlink for row in page.iter_rows() for cell in row)


@given(
    st.text(st.characters(max_codepoint=0xFFFF), min_size=1, max_size=50).filter(
        lambda text: text.isprintable() and sheet_name(text)
    )
)
def test_any_title_gives_a_sheet_a_name_that_excel_takes(title: str) -> None:
    book = Book("x", "y", "", None, [BookSheet(title, [], ["a"], [], labels=1)])
    (page,) = openpyxl.load_workbook(io.BytesIO(workbook_bytes(book))).worksheets
    assert page.title == sheet_name(title)


def test_the_dutch_kind_is_told_apart() -> None:
    told = dutch(resource(), "excel/things.csv")
    assert (told["name"], told["path"], told["dialect"]) == ("things.nl", "excel/things.csv", {"delimiter": ";"})
    assert [f.get("decimalChar") for f in told["schema"]["fields"]] == [None, None, ",", None]
    assert [k["reference"]["resource"] for k in told["schema"]["foreignKeys"]] == ["", "others.nl"]


def test_csv_on_the_web_says_what_the_data_package_says() -> None:
    others = {
        **resource(),
        "name": "others",
        "path": "others.csv",
        "schema": table_schema([field("id", "string")], ["id"], []),
    }
    package = {"titles": {"nl": "Dingen"}, "version": "1", "resources": [resource(), others]}
    table = csv_on_the_web(package)["tables"][0]
    columns = {column["name"]: column for column in table["tableSchema"]["columns"]}
    assert columns["value"]["schema:unitText"][0] == {"@value": "banen", "@language": "nl"}
    assert columns["is_new"]["datatype"] == {"base": "boolean", "format": "true|false"}
    assert columns["code"]["required"] and columns["code"]["null"] == []
    (key,) = table["tableSchema"]["foreignKeys"]
    assert key["columnReference"] == ["code"] and key["reference"]["resource"] == "others.csv"


@pytest.mark.parametrize("rows", [[], [("CC0", "https://a"), ("CC0", "https://a"), ("CC BY", "https://b")]])
def test_every_licence_is_named_once(rows: list[tuple[str, str]]) -> None:
    told = licences_and_sources(
        {"licence": name, "licence_url": url, "attribution": "Bron: X", "homepage_url": "https://x"}
        for name, url in rows
    )
    assert [licence["title"] for licence in told.get("licenses", [])] == (["CC0", "CC BY"] if rows else [])
    assert len(told.get("sources", [])) == bool(rows)
