"""Files as publishers make them: titles above, notes below, other separators and encodings, merged headers."""

import csv
import io
import json
import zipfile
from collections.abc import Callable
from datetime import datetime
from typing import Any

import openpyxl
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.errors import SourceError
from pipelines.reading.files.table_columns import ROW
from pipelines.reading.files.table_file import read_records, read_table
from pipelines.sources.layout import TableLayout

COLUMNS = {
    "GEMEENTE": {"to": "region", "reads": "region_name", "names": "municipality"},
    "MAAND": {"to": "period", "reads": "month", "aliases": ["Periode"]},
    "AANTAL": {"to": "vacancies", "reads": "dutch_number"},
}


def layout(**changed: Any) -> TableLayout:
    return TableLayout.model_validate({"format": "csv", "columns": COLUMNS} | changed)


def read(body: bytes, **changed: Any) -> pl.DataFrame:
    return read_table("uwv/test", "https://x/file", body, layout(**changed)).frame


def rows(frame: pl.DataFrame) -> list[tuple[str, ...]]:
    return frame.drop(ROW).rows()


LINES = ["GEMEENTE;MAAND;AANTAL", "Súdwest-Fryslân;mrt 2024;1.234,5", "'s-Gravenhage;mrt 2024;<5", "Urk;mrt 2024;"]
EXPECTED = [("Súdwest-Fryslân", "mrt 2024", "1.234,5"), ("'s-Gravenhage", "mrt 2024", "<5"), ("Urk", "mrt 2024", "")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "latin-1"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_encoding_and_line_end_gives_the_same_text(encoding: str, end: str) -> None:
    assert rows(read(end.join(LINES).encode(encoding))) == EXPECTED


def test_a_byte_that_no_code_page_has_a_letter_for_is_refused_with_its_line() -> None:
    with pytest.raises(SourceError, match="line 2 holds letters of an unknown code page"):
        read(b"GEMEENTE;MAAND;AANTAL\nS\xfadwest\x81;x;1\n")


def test_a_file_that_says_it_is_utf_8_must_be() -> None:
    with pytest.raises(SourceError, match="line 2 is not UTF-8, as the file says that it is"):
        read(b"\xef\xbb\xbf" + "\n".join(LINES).encode("cp1252"))


@pytest.mark.parametrize("separator", [";", ",", "\t"])
def test_the_separator_is_the_one_that_gives_the_header(separator: str) -> None:
    quoted = "\n".join(separator.join(f'"{cell}"' for cell in line.split(";")) for line in LINES)
    assert rows(read(quoted.encode())) == EXPECTED


def test_another_separator_is_refused_instead_of_read_as_one_column() -> None:
    with pytest.raises(SourceError, match=r"missing columns: .* found GEMEENTE\|MAAND\|AANTAL ->"):
        read("\n".join(LINES).replace(";", "|").encode())


@pytest.mark.parametrize(
    "header", ["gemeente ; Maand;  AANTAL", "Gemeente;periode;aantal", '"GEMEENTE";"MA\nAND";AANTAL']
)
def test_headers_differ_in_case_spaces_and_aliases(header: str) -> None:
    columns = COLUMNS | {"MAAND": COLUMNS["MAAND"] | {"aliases": ["Periode", "ma and"]}}
    body = "\n".join([header, *LINES[1:]]).encode()
    assert rows(read(body, columns=columns)) == EXPECTED


def test_titles_above_and_notes_below_are_no_data_and_rows_count_as_a_person_counts_them() -> None:
    body = "\n".join(
        [
            "Vacatures;;",
            "",
            "Stand: maart 2024;;",
            LINES[0],
            "---;--;------",
            *LINES[1:3],
            ";;",
            LINES[3],
            ";;",
            "Bron: UWV;;",
        ]
    )
    frame = read(body.encode())
    assert rows(frame) == EXPECTED
    assert frame[ROW].to_list() == [6, 7, 9]
    assert frame.columns == [ROW, *COLUMNS]


def test_the_old_dump_of_amsterdam() -> None:
    body = "AANVRAGER;JAAR;BEDRAG\r\n-----;----;------\r\nStichting Café;2016;15000\r\n\r\n(1 rows affected)\r\n\r\n"
    columns = {"AANVRAGER": {"to": "recipient"}, "JAAR": {"to": "year"}, "BEDRAG": {"to": "x", "reads": "number"}}
    assert rows(read(body.encode("latin-1"), columns=columns)) == [("Stichting Café", "2016", "15000")]


def test_a_lone_cell_between_rows_of_data_stays() -> None:
    body = "\n".join([*LINES[:2], "Groningen;;", *LINES[2:]])
    assert rows(read(body.encode())) == [EXPECTED[0], ("Groningen", "", ""), *EXPECTED[1:]]


def test_with_one_column_to_know_a_figure_by_a_lone_cell_may_be_data_without_a_figure() -> None:
    columns = {key: COLUMNS[key] for key in ("GEMEENTE", "AANTAL")}
    body = b"GEMEENTE;AANTAL\nUrk;1\nRozendaal;\n"
    assert rows(read(body, columns=columns)) == [("Urk", "1"), ("Rozendaal", "")]
    with_note = body + b"Bron: UWV [2024];\nTotaal;1\n"
    notes = ["bron: * [20??]", "Totaal"]
    assert rows(read(with_note, columns=columns, notes=notes)) == [("Urk", "1"), ("Rozendaal", "")]


def test_a_file_with_only_a_header_is_refused() -> None:
    with pytest.raises(SourceError, match="there are no rows of data under the header"):
        read(b"GEMEENTE;MAAND;AANTAL\n;;\nBron: UWV;;\n")


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("GEMEENTE;AANTAL", "missing columns: MAAND; expected GEMEENTE, MAAND, AANTAL; found GEMEENTE, AANTAL -> "),
        (
            "GEMEENTE;MAAND;AANTAL;NIEUW",
            "unknown columns: NIEUW; expected .*; found GEMEENTE, MAAND, AANTAL, NIEUW -> ",
        ),
        ("GEMEENTE;MAAND;AANTAL;AANTAL", "column AANTAL occurs 2 times"),
        ("GEMEENTE;MAAND;AANTAL;Periode", "column MAAND occurs 2 times, as MAAND, Periode"),
        ("GEMEENTE;MAAND;AANTAL;", "row 2 holds a value in a column without a name"),
        ("GEMEENTE;MAAND;AANTAL", "row 2 has more cells than the 3 of the header"),
    ],
)
def test_other_columns_are_refused(header: str, told: str) -> None:
    with pytest.raises(SourceError, match=told) as error:
        read(f"{header}\nUrk;mrt 2024;1;2\n".encode())
    assert str(error.value).startswith("uwv/test at https://x/file: ")


def test_columns_of_an_assumed_layout_say_so() -> None:
    columns = COLUMNS | {"AANTAL": COLUMNS["AANTAL"] | {"certainty": "assumed"}}
    with pytest.raises(SourceError, match="whose columns were assumed"):
        read(b"a;b\n", columns=columns)


def test_known_columns_are_not_read_and_optional_ones_may_be_absent() -> None:
    columns = COLUMNS | {"PROVINCIE": {"to": "province", "is_optional": True}}
    body = b"GEMEENTE;MAAND;AANTAL;LEEFT [15-25];LEEFT [25-35];\nUrk;x;1;;;\n"
    assert rows(read(body, columns=columns, ignored=["leeft [*]"])) == [("Urk", "x", "1")]
    with pytest.raises(SourceError, match="unknown columns: LEEFT"):
        read(body, ignored=["LEEFT"])


@pytest.mark.parametrize("line", ['Urk;"x;1', 'Urk;x";1\nElburg;x;1', 'Urk;"x" y;1', 'Urk;"De "Boom" x";1'])
def test_quotes_that_do_not_close_are_refused(line: str) -> None:
    with pytest.raises(SourceError, match=r"row 2 .*(never closed|is not doubled)"):
        read(f"{LINES[0]}\n{line}\n".encode())


def test_a_quoted_cell_holds_separators_newlines_and_quotes() -> None:
    body = f'{LINES[0]}\n"a;b\nc ""d""";x;1\nUrk;x;2\n'
    frame = read(body.encode())
    assert rows(frame) == [('a;b\nc "d"', "x", "1"), ("Urk", "x", "2")]
    assert frame[ROW].to_list() == [2, 3]


def book(sheets: dict[str, list[list[Any]]], merged: tuple[str, ...] = ()) -> bytes:
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.worksheets[0])
    for name, cells in sheets.items():
        sheet = workbook.create_sheet(name)
        for row in cells:
            sheet.append(row)
        for cell_range in merged:
            sheet.merge_cells(cell_range)
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


SHEET = [["Vacatures"], [], ["Gemeente", "Maand", "Aantal"], ["Urk", datetime(2024, 3, 1), 1234.5], ["Bron: UWV"]]


def test_a_workbook() -> None:
    frame = read(book({"Blad1": SHEET}), format="xlsx")
    assert rows(frame) == [("Urk", "2024-03-01", "1234,5")]
    assert frame[ROW].to_list() == [4]


def test_a_cell_at_the_far_end_of_a_sheet_is_refused_before_it_takes_all_memory() -> None:
    workbook = openpyxl.load_workbook(io.BytesIO(book({"x": SHEET})))
    workbook["x"]["XFD1048576"] = 1
    body = io.BytesIO()
    workbook.save(body)
    problem = r"sheet1\.xml has a cell in row 1048576 and one in column 16384, expected at most 600000 cells -> delete"
    with pytest.raises(SourceError, match=problem):
        read(body.getvalue(), format="xlsx")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (15000, "15000"),
        (15000.0, "15000"),
        (0.1, "0.1"),
        (1e-7, "0.0000001"),
        (True, "true"),
        (None, ""),
        ("1.5", "1.5"),
    ],
)
def test_cells_of_a_workbook_become_the_shortest_text(value: object, text: str) -> None:
    columns = {"a": {"to": "a"}, "b": {"to": "b"}, "c": {"to": "c"}}
    body = book({"x": [["a", "b", "c"], ["k", value, "l"]]})
    assert rows(read(body, format="xlsx", columns=columns)) == [("k", text, "l")]


def test_a_number_among_dutch_texts_keeps_its_decimals() -> None:
    # 1.234 in a cell is one and a bit; as a Dutch text it would be a thousand.
    cells = [["Gemeente", "Maand", "Aantal"], ["Urk", "x", 1.234], ["Elburg", "x", "€ 1.234"]]
    assert [row[2] for row in rows(read(book({"x": cells}), format="xlsx"))] == ["1,234", "€ 1.234"]


def test_the_sheet_is_named_unless_there_is_only_one() -> None:
    body = book({"Dump": SHEET, "Toelichting": [["tekst"]]})
    assert rows(read(body, format="xlsx", sheet="dump")) == [("Urk", "2024-03-01", "1234,5")]
    for sheet, told in ((None, "expected only one sheet"), ("Data", "expected one sheet 'Data'")):
        with pytest.raises(SourceError, match=f"the sheets are Dump, Toelichting, {told}"):
            read(body, format="xlsx", sheet=sheet)


def test_a_header_of_two_rows_with_merged_cells() -> None:
    cells = [
        ["Leegstand", None, None, None, None],
        ["Gemeente", "Winkels", None, "Woningen", None],
        [None, "voorraad", "leeg", "voorraad", "leeg"],
        ["Rotterdam", 6060, 430, 1, 2],
    ]
    columns = {
        "Gemeente": {"to": "region", "reads": "region_name", "names": "municipality"},
        "Winkels leeg": {"to": "vacant", "reads": "number"},
    }
    body = book({"x": cells}, merged=("A1:E1", "A2:A3", "B2:C2", "D2:E2"))
    known = {"format": "xlsx", "header_rows": 2, "columns": columns}
    found = read(body, **known, ignored=["Winkels voorraad", "Woningen *"])
    assert rows(found) == [("Rotterdam", "430")] and found[ROW].to_list() == [4]
    with pytest.raises(SourceError, match="unknown columns: Winkels voorraad, Woningen voorraad, Woningen leeg"):
        read(body, **known)


def test_a_header_of_two_rows_in_a_csv() -> None:
    columns = {"Gemeente": {"to": "a"}, "2024 WW": {"to": "b"}, "2024 Vacatures": {"to": "c"}}
    body = b"Titel;;\nGemeente;2024;\n;Vacatures;WW\nUrk;1;2\n"
    assert rows(read(body, header_rows=2, columns=columns)) == [("Urk", "2", "1")]


def zipped(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in files.items():
            archive.writestr(name, body)
    return buffer.getvalue()


def test_one_member_of_a_zip() -> None:
    body = zipped(**{"UWVopenmatchdata20200107.csv": "\n".join(LINES).encode(), "leesmij.txt": b"tekst"})
    assert rows(read(body, member="*.CSV")) == EXPECTED
    with pytest.raises(SourceError, match=r"the zip holds UWVopen.*, leesmij.txt, expected one \*"):
        read(body, member="*")
    with pytest.raises(SourceError, match="the zip cannot be read, BadZipFile"):
        read(body[:-30], member="*.csv")


RECORDS = [{"gemeente": "Urk", "maand": "x", "aantal": 1.5}, {"gemeente": "Elburg", "maand": None, "id": 7}]


@pytest.mark.parametrize("found", [RECORDS, {"results": RECORDS, "total": 2}])
def test_json(found: object) -> None:
    frame = read(json.dumps(found).encode(), format="json", ignored=["id"])
    assert rows(frame) == [("Urk", "x", "1,5"), ("Elburg", "", "")]
    assert frame[ROW].to_list() == [1, 2]


@pytest.mark.parametrize("found", [{}, 5, None, {"a": [], "b": []}, [1], {"a": [1]}, []])
def test_other_json_is_refused(found: object) -> None:
    with pytest.raises(SourceError):
        read(json.dumps(found).encode(), format="json")


def test_records_are_held_to_the_layout() -> None:
    columns = {"a": {"to": "a"}, "b": {"to": "b", "reads": "number"}}
    table = layout(format="json", columns=columns, ignored=["_links"])
    values = [1, 10358.0, 1e21, True, None, "", " 15 "]
    frame = read_records("x/y", "u", [{"a": "k", "b": v, "_links": {"self": 1}} for v in values], table).frame
    assert frame["b"].to_list() == ["1", "10358", "1000000000000000000000", "true", "", "", " 15 "]
    for records, told in (
        ([], "there are no records"),
        ([{"a": 1}], "missing columns: b; expected a, b; found a ->"),
        ([{"a": 1, "b": 2, "c": 3}], "unknown columns: c; expected a, b; found a, b, c ->"),
        ([{"a": 1, "b": [2]}], "key 'b': it holds a list, expected a text or a number"),
    ):
        with pytest.raises(SourceError, match=told):
            read_records("x/y", "u", records, table)


TEXT = "\n".join(["Titel", *LINES, "Bron: UWV"]).encode()
MAKERS: dict[str, Callable[[], bytes]] = {
    "csv": lambda: TEXT,
    "xlsx": lambda: book({"Blad1": SHEET}),
    "zip": lambda: zipped(**{"a.csv": TEXT}),
    "json": lambda: json.dumps(RECORDS).encode(),
}
BODIES = {kind: make() for kind, make in MAKERS.items()}


def mangled(body: bytes, data: st.DataObject) -> bytes:
    mangled = bytearray(body)
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, max(len(mangled) - 1, 0)))
        kind = data.draw(st.sampled_from(["set", "cut", "insert", "remove", "double"]))
        if kind == "set" and mangled:
            mangled[at] = data.draw(st.integers(0, 255))
        elif kind == "cut":
            del mangled[at:]
        elif kind == "insert":
            mangled[at:at] = data.draw(
                st.one_of(st.binary(max_size=4), st.sampled_from([b'"', b";", b"\n", b"\r", b"\0"]))
            )
        elif kind == "remove":
            del mangled[at : at + data.draw(st.integers(1, 9))]
        else:
            mangled[at:at] = mangled[at : at + data.draw(st.integers(1, 40))]
    return bytes(mangled)


@pytest.mark.parametrize("kind", BODIES)
@settings(max_examples=250, deadline=5000)
@given(data=st.data())
def test_mangled_bytes_give_rows_or_our_own_error(kind: str, data: st.DataObject) -> None:
    known = {"member": "*.csv"} if kind == "zip" else {"format": kind, "ignored": ["id"]}
    try:
        frame = read(mangled(BODIES[kind], data), **known)
    except SourceError as error:
        assert "\n" not in str(error)
    else:
        assert frame.columns == [ROW, *COLUMNS] and frame.height > 0
        assert set(frame.drop(ROW).dtypes) == {pl.String} and not sum(frame.null_count().row(0))
        # Zip archives carry a checksum, so whatever passes it is what was put in.
        if kind in ("zip", "xlsx"):
            assert frame["GEMEENTE"][-1] == "Urk"


@settings(max_examples=250, deadline=5000)
@given(st.data())
def test_a_mangled_sheet_in_a_sound_zip_gives_rows_or_our_own_error(data: st.DataObject) -> None:
    with zipfile.ZipFile(io.BytesIO(BODIES["xlsx"])) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = data.draw(st.sampled_from(sorted(members)))
    members[name] = mangled(members[name], data)
    try:
        frame = read(zipped(**members), format="xlsx")
    except SourceError:
        return
    assert frame.columns == [ROW, *COLUMNS] and frame.height > 0


@given(st.binary(max_size=300), st.sampled_from(["csv", "xlsx", "json"]), st.booleans())
def test_any_bytes_give_our_own_error(body: bytes, form: str, in_zip: bool) -> None:
    with pytest.raises(SourceError):
        read(body, format=form, **({"member": "*"} if in_zip else {}))


@settings(max_examples=500)
@given(st.text(st.sampled_from('ab;;""\n\n'), max_size=25))
def test_a_csv_is_read_as_the_standard_reader_reads_it_or_not_at_all(text: str) -> None:
    body = f"a;b\n{text}"
    columns = {"a": {"to": "a"}, "b": {"to": "b", "reads": "number"}}
    try:
        expected = list(csv.reader(io.StringIO(body + "\n", newline=""), delimiter=";", strict=True))
    except csv.Error:
        expected = []
    try:
        found = rows(read(body.encode(), columns=columns))
    except SourceError:
        return
    if expected:
        assert all(len(row) <= 2 for row in expected)
        assert found == [(*row, "", "")[:2] for row in expected[1:] if any(cell.strip() for cell in row)]


# Without the letters with which misread ones begin.
CELLS = st.text(
    st.characters(blacklist_categories=["Cs", "Cc"], blacklist_characters='";\r\nÂÃÄÅâï├┬√\ufffd'), max_size=8
).map(str.strip)


@given(st.lists(st.tuples(CELLS.filter(bool), CELLS.filter(bool), CELLS), min_size=1, max_size=20))
def test_what_was_written_is_read(table: list[tuple[str, str, str]]) -> None:
    body = "\n".join([LINES[0], *(";".join(row) for row in table)])
    dashes = [row for row in table if all(not c or set(c) in ({"-"}, {"="}, {"_"}) for c in row)]
    if not dashes:
        assert rows(read(body.encode())) == table
