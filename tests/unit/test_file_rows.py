"""Which rows of files are data, what their texts are and of which period: right, or refused with the place."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from support import SHARED
from support_mutations import all_grids, body_of

from pipelines.errors import SourceError
from pipelines.landing.store import Landing, Resource, Snapshot
from pipelines.reading.files.table_file import read_records, read_table
from pipelines.reading.files.table_rows import Told
from pipelines.reading.landed import Landed
from pipelines.reading.registers import register_rows
from pipelines.reading.small_tables import read_divisions
from pipelines.reading.tally import Tally
from pipelines.reading.told_periods import refuse_other_period
from pipelines.settings import CARDS
from pipelines.sources.card import SourceCard, load_cards

CASES = SHARED / "cases"
LOADED = load_cards(CARDS)
GRONINGEN = LOADED["groningen/subsidies"]
HEADER = ["Instelling", "Deelprogramma", "Subsidiebedrag"]
ROWS: list[list[Any]] = [[f"Stichting {i}", "Sport", 1000.0 + i] for i in range(1, 6)]


def book(rows: list[list[Any]] = ROWS, change: Any = None) -> bytes:
    """A workbook as xlsxwriter makes it, of which formulas that it is not given a result for hold a 0."""
    buffer = io.BytesIO()
    workbook = xlsxwriter.Workbook(buffer)
    sheet = workbook.add_worksheet()
    for number, row in enumerate([HEADER, *rows]):
        sheet.write_row(number, 0, row)
    if change:
        change(sheet)
    workbook.close()
    return buffer.getvalue()


def amounts(body: bytes, **changed: Any) -> tuple[list[float | None], Tally]:
    assert GRONINGEN.layout
    layout = GRONINGEN.layout.model_copy(update=changed)
    url = "https://x/subsidieregister-2024-excel"
    table = read_table(GRONINGEN.dataset_id, url, body, layout)
    rows = register_rows(GRONINGEN, table.frame, url, table.letters)
    return rows["amount_granted_eur"].to_list(), table.tally


RIGHT = [row[2] for row in ROWS]


@pytest.mark.parametrize(
    "total",
    [
        ["Totaal", "", 5015],
        ["", "Totaal 2024:", 5015],
        ["EINDTOTAAL", "alles", 5015],
        ["Totaal Sport", "", 5015],
        ["Som", "", 5015],
        ["", "", 5015],
    ],
)
def test_totals_are_left_out_and_told(total: list[Any]) -> None:
    assert amounts(book([*ROWS, total])) == (RIGHT, Tally(6, 5, {"total": 1}))


@pytest.mark.parametrize(
    "total", [["Alles samen", "", 5015], ["Totaal Vervoer BV", "", 20], ["", "", 20], ["Iedereen", "Alles", 5015]]
)
def test_what_could_be_a_total_and_a_grant_is_refused_with_its_row(total: list[Any]) -> None:
    with pytest.raises(SourceError, match=r"row 7 .*`notes`"):
        amounts(book([*ROWS, total]))


def test_a_name_with_a_word_for_a_total_is_a_name() -> None:
    assert amounts(book([*ROWS, ["Totaal Vervoer BV", "Sport", 20]])) == ([*RIGHT, 20], Tally(6, 6, {}))


def test_sums_that_happen_are_grants() -> None:
    rows = [["Stichting A", "Sport", 500], ["Stichting B", "Sport", 500], ["Stichting C", "Sport", 1000], *ROWS]
    assert amounts(book(rows))[0] == [500, 500, 1000, *RIGHT]


def test_hidden_rows_are_a_choice_of_the_card() -> None:
    body = book(change=lambda sheet: sheet.set_row(2, None, None, {"hidden": True}))
    with pytest.raises(SourceError, match=r"row 3 is hidden, .*`hidden: keep` or `hidden: leave_out`"):
        amounts(body)
    assert amounts(body, hidden="keep") == (RIGHT, Tally(5, 5, {}))
    assert amounts(body, hidden="leave_out") == ([RIGHT[0], *RIGHT[2:]], Tally(5, 4, {"hidden": 1}))


def test_hidden_columns_are_a_choice_of_the_card() -> None:
    body = book(change=lambda sheet: sheet.set_column(2, 2, None, None, {"hidden": True}))
    with pytest.raises(SourceError, match=r"column Subsidiebedrag \(C\) is hidden -> .*`hidden: keep`"):
        amounts(body)
    assert amounts(body, hidden="keep")[0] == RIGHT
    with pytest.raises(SourceError, match="missing columns: Subsidiebedrag"):
        amounts(body, hidden="leave_out")


def test_formulas_count_when_they_were_worked_out() -> None:
    assert amounts(book(change=lambda sheet: sheet.write_formula(2, 2, "=1002", None, 1002)))[0] == RIGHT
    with pytest.raises(SourceError, match="cell C3 has no value but '=500\\*2'"):
        amounts(book(change=lambda sheet: sheet.write_formula(2, 2, "=500*2")))


def test_merged_notes_are_notes_and_merged_texts_hold_for_all_their_cells() -> None:
    note = book(change=lambda sheet: sheet.merge_range(7, 0, 7, 2, "Bron: de gemeente"))
    assert amounts(note) == (RIGHT, Tally(7, 5, {"blank": 1, "note": 1}))
    assert amounts(book(change=lambda sheet: sheet.merge_range(2, 1, 4, 1, "Sport")))[0] == RIGHT


def test_a_control_character_is_refused_with_its_cell() -> None:
    with pytest.raises(SourceError, match=r"column Instelling in row 3 \(cell A3\) holds a control character"):
        amounts(book(change=lambda sheet: sheet.write(2, 0, "Stichting \x02")))


@pytest.mark.parametrize("text", ["a\0b", "a\x1fb", "a\x85b", "CafÃ©", "\ufffd"])
def test_records_of_any_protocol_hold_no_such_signs_either(text: str) -> None:
    card = LOADED["amsterdam/subsidies_2016"]
    assert card.layout
    row = dict.fromkeys(card.layout.columns, "1")
    with pytest.raises(SourceError, match="column Naam in row 2 holds"):
        read_records(card.dataset_id, "u", [row, row | {"Naam": text}], card.layout)


def test_line_breaks_and_tabs_in_texts_stay() -> None:
    card = LOADED["amsterdam/subsidies_2016"]
    assert card.layout
    row = dict.fromkeys(card.layout.columns, "1") | {"Naam": "a\tb\r\nc"}
    assert read_records(card.dataset_id, "u", [row], card.layout).frame["Naam"].to_list() == ["a\tb\r\nc"]


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("WW-uitkeringen juli 2026", "2026MM08"),
        ("Stand per 31 juli 2026", "2026MM08"),
        ("Cijfers over 2025", "2026MM08"),
        ("2e kwartaal 2026", "2026KW03"),
        ("Subsidieregister 2023", "2024JJ00"),
        ("Cijfers 2016-2020", "2024JJ00"),
    ],
)
@pytest.mark.parametrize("place", ["row 1", "the name of the sheet"])
def test_a_file_that_says_another_period_is_refused(text: str, period: str, place: str) -> None:
    with pytest.raises(SourceError, match=f"{place} says .*, which is not {period}"):
        refuse_other_period("x/y", [Told(place, "", text)], period, "u")


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("WW-uitkeringen augustus 2026", "2026MM08"),
        ("Augustus 2026, vergeleken met juli 2026", "2026MM08"),
        ("Gepubliceerd op dinsdag, 20-10-2026", "2026MM08"),
        ("Cijfers over 2026", "2026MM08"),
        ("Indeling 2025", "2026MM08"),
        ("Cijfers 2016-2026", "2024JJ00"),
        ("Stand per 1 januari 2024", "2024JJ00"),
        ("Tabel 1", "2024JJ00"),
        ("Verzonnen voorbeeldcijfers, geen echte gegevens", "2024JJ00"),
    ],
)
def test_a_file_that_says_its_own_period_or_none_is_read(text: str, period: str) -> None:
    refuse_other_period("x/y", [Told("row 1", "", text)], period, "u")


@pytest.mark.parametrize(("header", "text"), [("Maand", "juli"), ("Maand", "7"), ("Jaar", "2025"), ("Kwartaal", "Q1")])
def test_a_column_that_says_another_period_is_refused(header: str, text: str) -> None:
    with pytest.raises(SourceError, match=f"column {header} in row 5 says"):
        refuse_other_period("x/y", [Told(f"column {header} in row 5", header, text)], "2026MM08", "u")


def read_dropped(folder: Path, card: SourceCard, files: dict[str, bytes]) -> Tally:
    landing = Landing(folder)
    resources = tuple(
        Resource(name=f"files/{i:05d}", url=f"drop:{name}", sha256=landing.put(body), size=len(body))
        for i, (name, body) in enumerate(files.items())
    )
    snapshot = Snapshot(
        dataset_id=card.dataset_id,
        protocol="drop",
        asked="",
        modified="",
        landed_at="2026-11-20",
        is_invented=False,
        resources=resources,
    )
    target = folder / "raw"
    target.mkdir()
    return read_divisions(Landed(card, snapshot, landing), target, target)[2]


def test_the_same_bytes_or_figures_under_two_periods_are_refused_with_both(tmp_path: Path) -> None:
    grid = all_grids()["uwv/ww_municipality"]
    one, other = body_of(grid), body_of(grid, above=[["Titel"]])
    names = ["2026MM07__2026-10-20.xlsx", "2026MM08__2026-10-20.xlsx"]
    for what, bodies in (("bytes", (one, one)), ("figures", (one, other))):
        (tmp_path / what).mkdir()
        with pytest.raises(SourceError, match=f"{names[0]} and drop:{names[1]} have the same {what}"):
            read_dropped(tmp_path / what, grid.card, dict(zip(names, bodies, strict=True)))
    (tmp_path / "good").mkdir()
    changed = body_of(grid.with_number(3, 123456))
    files = dict(zip(names, (one, changed), strict=True))
    assert read_dropped(tmp_path / "good", grid.card, files) == Tally(2 * len(grid.rows), 2 * len(grid.rows), {})


def test_what_is_received_is_kept_or_left_out() -> None:
    tally = Tally(10, 8, {"blank": 2}).and_(Tally(5, 3, {"note": 1, "blank": 1}))
    assert tally == Tally(15, 11, {"blank": 3, "note": 1}) and tally.is_complete
    assert tally.then(7, {"total": 4}).is_complete and not tally.then(7, {"total": 3}).is_complete
    assert tally.then(7, {"note": 4}).outcomes == {"kept": 7, "blank": 3, "note": 5}


FILES_OF = {
    "percent-cells.xlsx": ("uwv/ww_municipality", "cell B2.*0.043 or 4.3"),
    "2026MM08__2026-10-20-holds-july.xlsx": ("uwv/ww_municipality", "column Maand in row 5 says 'juli'"),
    "comma-thousands.csv": ("den_haag/subsidies", "row 2 .*'1,250', which could be 1.25 or 1250"),
    "open-quote.csv": ("den_haag/subsidies", "row 3 opens a quotation mark"),
    "open-quote-person.csv": ("den_haag/subsidies", "row 3 opens a quotation mark"),
    "short-rows.csv": ("den_haag/subsidies", "row 3 has fewer cells"),
    "mixed-encoding.csv": ("den_haag/subsidies", "line 2 is encoded differently from line 3"),
    "formula-without-result-2024.xlsx": ("groningen/subsidies", "cell C2 has no value but"),
    "hidden-rows-2024.xlsx": ("groningen/subsidies", "row 5 is hidden"),
    "dos-code-page.csv": ("den_haag/subsidies", None),
    "mac-code-page.csv": ("den_haag/subsidies", None),
    "total-row-2024.xlsx": ("groningen/subsidies", None),
}


@pytest.mark.skipif(not CASES.exists(), reason="../shared/cases is absent: it holds the small faulty files")
@pytest.mark.parametrize("file", FILES_OF)
def test_the_faulty_files_that_people_sent(file: str) -> None:
    dataset_id, told = FILES_OF[file]
    card = LOADED[dataset_id]
    assert card.layout

    def read() -> list[str]:
        table = read_table(dataset_id, file, (CASES / file).read_bytes(), card.layout)  # type: ignore[arg-type]
        if not card.subsidy_register:
            refuse_other_period(dataset_id, table.told, "2026MM08", file)
        return register_rows(card, table.frame, file)["recipient"].to_list()

    if told:
        with pytest.raises(SourceError, match=told):
            read()
    else:
        assert read()[0] in ("Stichting Café Zee", "Stichting Speeltuin Noord") and len(read()) in (2, 3)


def test_json_may_be_in_another_encoding_as_long_as_it_is_sure() -> None:
    card = LOADED["amsterdam/subsidies_2016"]
    assert card.layout
    text = json.dumps([dict.fromkeys(card.layout.columns, "1") | {"Naam": "Café"}], ensure_ascii=False)
    for encoding in ("utf-8", "utf-8-sig", "cp1252", "utf-16"):
        table = read_table(card.dataset_id, "u", text.encode(encoding), card.layout)
        assert table.frame["Naam"].to_list() == ["Café"]
